/* number.c: operators. Python numbers beside an array take a dtype of the array's family; what cannot be an operand
 * is a ValueError that names operation and type. Invariant: an in-place operator gives the object another value. */
#include "py.h"

typedef psi_array (*binary_fn)(psi_array, psi_array);

static PyObject *refuse(const char *operation, PyObject *other)
{
    if (other == Py_None)
        PyErr_Format(PyExc_TypeError, "%s of an array and None", operation);
    else
        PyErr_Format(PyExc_ValueError, "Cannot perform %s on an mlx.core.array and %s", operation,
                     Py_TYPE(other)->tp_name);
    return NULL;
}

static PyObject *apply(PyObject *l, PyObject *r, binary_fn fn, const char *operation)
{
    psi_py_call call;
    psi_array a, b;
    PyObject *other = psi_py_is_array(l) ? r : l;
    if (!psi_py_is_array(other) && !psi_py_is_operand(other))
        return refuse(operation, other);
    if (!psi_py_enter(&call, NULL))
        return NULL;
    if (!psi_py_to_pair(l, r, &a, &b))
        return psi_py_leave_object(&call, NULL);
    return psi_py_leave(&call, fn(a, b));
}

static PyObject *apply_in_place(PyObject *l, PyObject *r, binary_fn fn, const char *operation)
{
    PyObject *result = apply(l, r, fn, operation);
    if (!result)
        return NULL;
    bool ok = psi_py_assign(l, psi_py_array_of(result));
    Py_DECREF(result);
    return ok ? Py_NewRef(l) : NULL;
}

#define OPERATOR(name, fn, words)                              \
    static PyObject *name(PyObject *l, PyObject *r)            \
    {                                                          \
        return apply(l, r, fn, words);                         \
    }                                                          \
    static PyObject *name##_in_place(PyObject *l, PyObject *r) \
    {                                                          \
        return apply_in_place(l, r, fn, "inplace " words);     \
    }

OPERATOR(add, psi_add, "addition")
OPERATOR(subtract, psi_subtract, "subtraction")
OPERATOR(multiply, psi_multiply, "multiplication")
OPERATOR(floor_divide, psi_floor_divide, "floor division")
OPERATOR(modulus, psi_remainder, "modulus")

static PyObject *divide(PyObject *l, PyObject *r)
{
    return apply(l, r, psi_divide, "division");
}

static PyObject *divide_in_place(PyObject *l, PyObject *r)
{
    if (r != Py_None && !psi_issubdtype(psi_dtype_of(psi_py_array_of(l)), PSI_INEXACT)) {
        PyErr_Format(PyExc_ValueError, "In place division of dtype %s: the quotient is floating",
                     psi_dtype_name(psi_dtype_of(psi_py_array_of(l))));
        return NULL;
    }
    return apply_in_place(l, r, psi_divide, "inplace division");
}

static PyObject *power(PyObject *l, PyObject *r, PyObject *modulo)
{
    if (modulo != Py_None) {
        PyErr_SetString(PyExc_TypeError, "pow() of an array takes no modulus");
        return NULL;
    }
    return apply(l, r, psi_power, "power");
}

static PyObject *power_in_place(PyObject *l, PyObject *r, PyObject *modulo)
{
    (void)modulo;
    return apply_in_place(l, r, psi_power, "inplace power");
}

/* Bit operators want the array on the left, and no floats. */
static PyObject *bits(PyObject *l, PyObject *r, binary_fn fn, const char *operation, bool in_place)
{
    if (!psi_py_is_array(l))
        Py_RETURN_NOTIMPLEMENTED;
    if (r == Py_None)
        return refuse(operation, r);
    int overflow = 0; /* an int that is too long is refused as such, whatever the array is */
    if (PyLong_Check(r))
        PyLong_AsLongLongAndOverflow(r, &overflow);
    bool inexact = psi_issubdtype(psi_dtype_of(psi_py_array_of(l)), PSI_INEXACT) || PyFloat_Check(r) ||
                   PyComplex_Check(r) ||
                   (psi_py_is_array(r) && psi_issubdtype(psi_dtype_of(psi_py_array_of(r)), PSI_INEXACT));
    if (inexact && !overflow) {
        PyErr_Format(PyExc_ValueError, "Floating point types not allowed with %s.", operation);
        return NULL;
    }
    return in_place ? apply_in_place(l, r, fn, operation) : apply(l, r, fn, operation);
}

#define BIT_OPERATOR(name, fn, words)                          \
    static PyObject *name(PyObject *l, PyObject *r)            \
    {                                                          \
        return bits(l, r, fn, words, false);                   \
    }                                                          \
    static PyObject *name##_in_place(PyObject *l, PyObject *r) \
    {                                                          \
        return bits(l, r, fn, words, true);                    \
    }

BIT_OPERATOR(bit_and, psi_bitwise_and, "bitwise and")
BIT_OPERATOR(bit_or, psi_bitwise_or, "bitwise or")
BIT_OPERATOR(bit_xor, psi_bitwise_xor, "bitwise xor")
BIT_OPERATOR(shift_left, psi_left_shift, "left shift")
BIT_OPERATOR(shift_right, psi_right_shift, "right shift")

static bool both_arrays(PyObject *l, PyObject *r)
{
    if (psi_py_is_array(l) && psi_py_is_array(r))
        return true;
    PyErr_Format(PyExc_TypeError, "the operands of @ should be arrays, not %s and %s", Py_TYPE(l)->tp_name,
                 Py_TYPE(r)->tp_name);
    return false;
}

static PyObject *matmul(PyObject *l, PyObject *r)
{
    return both_arrays(l, r) ? apply(l, r, psi_matmul, "matmul") : NULL;
}

static PyObject *matmul_in_place(PyObject *l, PyObject *r)
{
    return both_arrays(l, r) ? apply_in_place(l, r, psi_matmul, "matmul") : NULL;
}

static PyObject *unary(PyObject *self, psi_array (*fn)(psi_array))
{
    psi_py_call call;
    if (!psi_py_enter(&call, NULL))
        return NULL;
    return psi_py_leave(&call, fn(psi_py_array_of(self)));
}

static PyObject *negative(PyObject *self)
{
    return unary(self, psi_negative);
}

static PyObject *absolute(PyObject *self)
{
    return unary(self, psi_abs);
}

static PyObject *invert(PyObject *self)
{
    psi_dtype dtype = psi_dtype_of(psi_py_array_of(self));
    if (psi_issubdtype(dtype, PSI_INEXACT)) {
        PyErr_SetString(PyExc_ValueError, "Floating point types not allowed with bitwise inversion.");
        return NULL;
    }
    return unary(self, dtype == PSI_BOOL ? psi_logical_not : psi_bitwise_invert);
}

static int truth(PyObject *self)
{
    PyObject *item = psi_py_item(self, NULL);
    int answer = item ? PyObject_IsTrue(item) : -1;
    Py_XDECREF(item);
    return answer;
}

static PyObject *as_int(PyObject *self)
{
    PyObject *item = psi_py_item(self, NULL), *out = item ? PyNumber_Long(item) : NULL;
    Py_XDECREF(item);
    return out;
}

static PyObject *as_float(PyObject *self)
{
    PyObject *item = psi_py_item(self, NULL), *out = item ? PyNumber_Float(item) : NULL;
    Py_XDECREF(item);
    return out;
}

PyObject *psi_py_compare(PyObject *a, PyObject *b, int op)
{
    static const struct {
        binary_fn fn;
        const char *words;
    } ops[] = {
        [Py_LT] = {psi_less, "less than"},       [Py_LE] = {psi_less_equal, "less than or equal"},
        [Py_EQ] = {psi_equal, "equality"},       [Py_NE] = {psi_not_equal, "inequality"},
        [Py_GT] = {psi_greater, "greater than"}, [Py_GE] = {psi_greater_equal, "greater than or equal"},
    };
    if ((op == Py_EQ || op == Py_NE) && b != Py_None && !psi_py_is_array(b) && !psi_py_is_operand(b))
        return PyBool_FromLong(op == Py_NE);
    return apply(a, b, ops[op].fn, ops[op].words);
}

PyNumberMethods psi_py_number = {
    .nb_add = add,
    .nb_subtract = subtract,
    .nb_multiply = multiply,
    .nb_true_divide = divide,
    .nb_floor_divide = floor_divide,
    .nb_remainder = modulus,
    .nb_power = power,
    .nb_matrix_multiply = matmul,
    .nb_and = bit_and,
    .nb_or = bit_or,
    .nb_xor = bit_xor,
    .nb_lshift = shift_left,
    .nb_rshift = shift_right,
    .nb_inplace_add = add_in_place,
    .nb_inplace_subtract = subtract_in_place,
    .nb_inplace_multiply = multiply_in_place,
    .nb_inplace_true_divide = divide_in_place,
    .nb_inplace_floor_divide = floor_divide_in_place,
    .nb_inplace_remainder = modulus_in_place,
    .nb_inplace_power = power_in_place,
    .nb_inplace_matrix_multiply = matmul_in_place,
    .nb_inplace_and = bit_and_in_place,
    .nb_inplace_or = bit_or_in_place,
    .nb_inplace_xor = bit_xor_in_place,
    .nb_inplace_lshift = shift_left_in_place,
    .nb_inplace_rshift = shift_right_in_place,
    .nb_negative = negative,
    .nb_absolute = absolute,
    .nb_invert = invert,
    .nb_bool = truth,
    .nb_int = as_int,
    .nb_float = as_float,
};
