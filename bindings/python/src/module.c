/* module.c: psionic._core: types, constants, functions, submodules.
 * Invariant: importing it makes no thread, reads no file and imports no other module. */
#include "transforms.h"

#include <math.h>
#include <string.h>

static struct PyModuleDef core = {PyModuleDef_HEAD_INIT,
                                  "psionic._core",
                                  "Psionic's arrays and functions.",
                                  -1,
                                  NULL,
                                  NULL,
                                  NULL,
                                  NULL,
                                  NULL};

static bool add_type(PyObject *module, const char *name, PyTypeObject *type)
{
    return !PyType_Ready(type) && !PyModule_AddObject(module, name, Py_NewRef((PyObject *)type));
}

static bool add_constants(PyObject *module)
{
    static const struct {
        const char *name;
        double value;
    } list[] = {
        {"e", M_E}, {"pi", M_PI}, {"inf", INFINITY}, {"nan", NAN}, {"euler_gamma", 0.57721566490153286}};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (PyModule_AddObject(module, list[i].name, PyFloat_FromDouble(list[i].value)))
            return false;
    return !PyModule_AddObject(module, "newaxis", Py_NewRef(Py_None)) &&
           !PyModule_AddStringConstant(module, "__version__", "0.31.1");
}

/* Functions say that they are of mlx.core, where users find them. */
static bool add_functions(PyObject *module, const char *place, PyMethodDef *methods)
{
    PyObject *name = PyUnicode_InternFromString(place);
    bool ok = name != NULL;
    for (PyMethodDef *m = methods; ok && m->ml_name; m++) {
        PyObject *f = PyCFunction_NewEx(m, NULL, name);
        ok = f && !PyModule_AddObject(module, m->ml_name, f);
    }
    Py_XDECREF(name);
    return ok;
}

/* ---- classes that are not built yet: they exist, and say so when they are called ---- */

static PyObject *refuse_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args, (void)kwargs;
    return psi_py_unsupported(type->tp_name + sizeof "mlx.core." - 1);
}

static PyTypeObject later[] = {
    {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mlx.core.ArrayLike"},
    {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mlx.core.FunctionExporter"},
    {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mlx.core.distributed.Group"},
};

static bool add_later(PyObject *module)
{
    for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
        later[i].tp_basicsize = sizeof(PyObject);
        later[i].tp_flags = Py_TPFLAGS_DEFAULT;
        later[i].tp_doc = "Not built yet.";
        later[i].tp_new = refuse_new;
        const char *name = strrchr(later[i].tp_name, '.') + 1;
        PyObject *place =
            strcmp(name, "Group") ? Py_NewRef(module) : PyObject_GetAttrString(module, "distributed");
        bool ok = place && add_type(place, name, &later[i]);
        Py_XDECREF(place);
        if (!ok)
            return false;
    }
    return true;
}

static bool add_submodules(PyObject *module)
{
    char place[64];
    bool ok = add_functions(module, "mlx.core", psi_py_submodules[0].methods);
    for (const psi_py_submodule *s = psi_py_submodules + 1; ok && s->name; s++) {
        snprintf(place, sizeof place, "mlx.core.%s", s->name);
        PyObject *sub = PyModule_New(place);
        ok = sub && add_functions(sub, place, s->methods) && !PyModule_AddObject(module, s->name, sub);
        if (ok && !strcmp(s->name, "random"))
            ok = psi_py_init_random(sub);
    }
    return ok;
}

PyMODINIT_FUNC PyInit__core(void);

PyMODINIT_FUNC PyInit__core(void)
{
    PyObject *m = PyModule_Create(&core);
    if (!m)
        return NULL;
    bool ok =
        add_type(m, "array", &psi_py_array_type) && add_type(m, "ArrayIterator", &psi_py_iterator_type) &&
        add_type(m, "ArrayAt", &psi_py_at_type) && add_type(m, "Dtype", &psi_py_dtype_type) &&
        add_type(m, "DtypeCategory", &psi_py_category_type) && add_type(m, "Device", &psi_py_device_type) &&
        add_type(m, "DeviceType", &psi_py_device_type_type) && add_type(m, "Stream", &psi_py_stream_type) &&
        add_type(m, "StreamContext", &psi_py_stream_context_type) &&
        add_type(m, "finfo", &psi_py_finfo_type) && add_type(m, "iinfo", &psi_py_iinfo_type) &&
        add_type(m, "custom_function", &psi_py_custom_type) && !PyType_Ready(&psi_py_function_type) &&
        !PyType_Ready(&psi_py_compiled_type) && psi_py_init_dtypes(m) && psi_py_init_devices(m) &&
        add_constants(m) && add_submodules(m) && psi_py_init_compile(m) && add_later(m);
    if (!ok)
        Py_CLEAR(m);
    return m;
}
