"""Cases that mirror upstream's python/tests/test_einsum.py: Einstein's sums against NumPy's, and the order they are taken in."""

import math

import pytest

from samples import between

ROW = ("ops_numeric", "python/tests/test_einsum.py")
LENGTHS = dict(zip("abcdefghij", (3, 2, 4, 3, 2, 5, 2, 3, 2, 2)))


def _operands(subscripts, lengths=LENGTHS):
    """One array for each operand; a letter has one length in all of them."""
    terms = subscripts.split("->")[0].split(",")
    shapes = [[lengths[letter] for letter in term] for term in terms]
    return [between(seed, 0.25, 1.5, *shape, dtype="float32") for seed, shape in enumerate(shapes)]


def _like_numpy(mx, check, subscripts, operands):
    """Our sum is NumPy's in double precision."""
    import numpy as np

    ours = mx.einsum(subscripts, *map(mx.array, operands))
    theirs = np.einsum(subscripts, *(x.astype("float64") for x in operands), optimize=True)
    wrong = np.array(ours).shape != theirs.shape or not np.allclose(np.array(ours), theirs, rtol=1e-4, atol=1e-5)
    check.that(not wrong, f"{subscripts}: {ours} is not {theirs}")


@pytest.mark.parity(*ROW, "TestEinsum.test_simple_path")
def test_paths_of_few_operands(mx, check):
    def path(subscripts, *shapes):
        return mx.einsum_path(subscripts, *(mx.zeros(shape) for shape in shapes))[0]

    for subscripts in ("ii", "ij->j", "ii->i", "ij->ji", "ij->"):
        check.same(path(subscripts, (6, 6)), [(0,)])
    for subscripts in ("ij,jk", "ij,jk -> ijk", "ij, jk -> ki", "ij,jk->"):
        check.same(path(subscripts, (4, 9), (9, 2)), [(0, 1)])
    # The pair that makes the smaller matrix is multiplied first.
    check.same(path("ij,jk,kl", (3, 7), (7, 2), (2, 9)), [(0, 1), (0, 1)])
    check.same(path("ij,jk,kl", (9, 7), (7, 8), (8, 2)), [(1, 2), (0, 1)])


@pytest.mark.parity(*ROW, "TestEinsum.test_longer_paths")
def test_paths_of_many_operands(mx, check):
    import numpy as np

    lengths = dict(zip("abcdefgh", (2, 5, 3, 4, 6, 2, 7, 3)))
    for subscripts in (
        "ab,bc,cd,de->ae", "abc,cd,bde,ef->af", "eb,cb,fb->cef", "ghf,fa,ag->h", "abcd,bcde,ef->f",
        "dd,fb,be,cdb->cef", "bca,cdb,dbf,afc->",
    ):
        operands = [np.ones(x.shape) for x in _operands(subscripts, lengths)]
        path, text = mx.einsum_path(subscripts, *map(mx.array, operands))
        check.same(path, np.einsum_path(subscripts, *operands, optimize="greedy")[0][1:])
        check.that(isinstance(text, str) and text, "no report")


@pytest.mark.parity(*ROW, "TestEinsum.test_simple_einsum")
def test_one_operand(mx, check):
    import numpy as np

    for subscripts, shape in (
        ("ii->i", (5, 5)), ("iii->i", (3, 3, 3)), ("iijj->ij", (3, 3, 2, 2)), ("ijij->ij", (2, 4, 2, 4)), ("ijij->ji", (2, 4, 2, 4)),
        ("ii", (6, 6)), ("ij->", (3, 5)), ("ij->i", (3, 5)), ("ij->j", (3, 5)), ("iii->", (4, 4, 4)), ("ijij->j", (3, 2, 3, 2)),
        ("ijij->i", (3, 2, 3, 2)), ("ij", (3, 5)), ("ji", (3, 5)), ("ij->ji", (3, 5)), ("ijk->kij", (2, 3, 4)), ("ijk->j", (2, 3, 4)),
    ):
        x = mx.arange(math.prod(shape)).reshape(shape) - 7
        wanted = np.einsum(subscripts, np.array(x))
        check.equal(mx.einsum(subscripts, x), wanted, dtype=mx.int32, shape=wanted.shape)


@pytest.mark.parity(*ROW, "TestEinsum.test_two_input_einsum")
def test_two_operands(mx, check):
    import numpy as np

    for subscripts, left, right in (
        ("ik,kj", (3, 6), (6, 4)), ("ik,kj->ji", (3, 6), (6, 4)), ("i,i", (7,), (7,)), ("i,j->ij", (4,), (5,)),
        ("ij,ij->ij", (2, 9), (2, 9)), ("ij,ji->", (3, 4), (4, 3)), ("abcd,edfa->bfe", (2, 3, 4, 5), (6, 5, 3, 2)),
        ("abcd,fgda->bfcg", (2, 3, 4, 5), (3, 2, 5, 2)),
    ):
        first, second = mx.full(left, 0.5) + mx.arange(left[-1]), mx.full(right, -2.0) + mx.arange(right[-1])
        wanted = np.einsum(subscripts, np.array(first), np.array(second))
        check.equal(mx.einsum(subscripts, first, second), wanted, dtype=mx.float32, shape=wanted.shape)


@pytest.mark.parity(*ROW, "TestEinsum.test_sum_first")
def test_axis_of_one_operand_is_summed(mx, check):
    left, right = mx.full((6, 4), 0.5) * mx.arange(4), mx.full((4, 3), 2.0) + mx.arange(3)
    check.equal(mx.einsum("ab,bc->c", left, right), [36.0, 54.0, 72.0], dtype=mx.float32)
    check.equal(mx.einsum("ab,bc->a", left, right), [27.0] * 6)


@pytest.mark.parity(*ROW, "TestEinsum.test_broadcasting")
def test_axes_of_length_one_broadcast(mx, check):
    ones, right = mx.full((5, 1), 3.0), mx.full((8, 2), 0.5) + mx.arange(2)
    check.equal(mx.einsum("ab,bc->c", ones, right), [60.0, 180.0], dtype=mx.float32)
    check.equal(mx.einsum("bc,ab->c", right, ones), [60.0, 180.0])
    first = mx.random.uniform(shape=(4, 1, 3, 1), key=mx.random.key(1))
    second = mx.random.uniform(shape=(1, 2, 1, 5), key=mx.random.key(2))
    check.close(mx.einsum("abcd,abcd->abcd", first, second), first * second)


@pytest.mark.parity(*ROW, "TestEinsum.test_attention")
def test_attention(mx, check):
    import numpy as np

    draws = [mx.random.uniform(shape=(2, 6, 3, 4), key=mx.random.key(seed)) for seed in (3, 4, 5)]
    queries, keys, values = draws
    scores = mx.einsum("btnd,bsnd->bnts", queries, keys)
    check.same(scores.shape, (2, 3, 6, 6))
    theirs = np.einsum("btnd,bsnd->bnts", *map(np.array, draws[:2]))
    check.close(scores, theirs, rtol=1e-5)
    check.close(mx.einsum("bnts,bsnd->btnd", scores, values), np.einsum("bnts,bsnd->btnd", theirs, np.array(values)), rtol=1e-5)


@pytest.mark.parity(*ROW, "TestEinsum.test_multi_input_einsum")
def test_one_array_three_times(mx, check):
    ones = mx.ones((2, 3, 5))
    check.equal(mx.einsum("ijk,lmk,ijf->lf", ones, ones, ones), [[2 * 3 * 3 * 5.0] * 5] * 2, dtype=mx.float32)
    x = between(6, -4, 5, 2, 3, 4, dtype="float32")
    _like_numpy(mx, check, "ijk,lmk,ijf->lf", [x, x, x])


CONTRACTIONS = (
    # element-wise products
    "a,ab,abc->abc", "a,b,ab->ab", "ab,ba,c->abc",
    # one matrix for each axis of another operand, in each place among them
    "ea,fb,gc,hd,abcd->efgh", "ea,fb,abcd,gc,hd->efgh", "abcd,ea,fb,gc,hd->hgfe",
    # networks
    "acdf,jbje,gihb,hfac,gfac,gifabc,hfac", "cd,bdhe,aidb,hgca,gc,hgibcd,hgac", "abhe,hidj,jgba,hiab,gab",
    "bde,cdh,agdb,hica,ibd,hgicd,hiac", "chd,bde,agbc,hiad,bdi,cgh,agdb", "bdhe,acad,hiab,agac,hibd",
    # what has nothing in common
    "ab,ab,c->", "ab,ab,c->c", "ab,ab,cd,cd->", "ab,ab,cd,cd->ac", "ab,cd,ef->abcdef", "ab,cd,ef->acdf", "ab,cd,de->be",
    "ab,bcd,cd->abd", "ab,ab,cd,cd,ef,ef->",
    # letters twice in one operand
    "dd,fb,be,cdb->cef", "dcc,fce,ea,dbf->ab", "fdf,cdd,ccd,afe->ae", "baa,dcf,af,cde->be", "fff,fae,bef,def->abd",
    "aab,fa,df,ecc->bde", "bcf,bbb,fbf,fc->", "bb,ff,be->e", "aab,bcc->ac", "baa,bcc->ca", "aab,ccb->ac",
    # inner products and products of matrices
    "ab,ab", "ab,ba", "abc,bac", "abc,cba", "ab,bc", "ab,cb", "ba,bc", "ba,cb", "abcd,cd", "abcd,ab", "abcd,cdef", "abcd,cdef->feba",
    "abcd,efdc", "abcd,ad", "ed,fcd,ff,bcf->be", "bd,db,eac->ace", "efc,dbc,acf,fd->abe",
)


@pytest.mark.parity(*ROW, "TestEinsum.test_opt_einsum_test_cases")
def test_contractions(mx, check):
    for subscripts in CONTRACTIONS:
        _like_numpy(mx, check, subscripts, _operands(subscripts))
    square = mx.random.uniform(shape=(4, 4), key=mx.random.key(7))
    check.close(mx.einsum("ab,bc,cd", square, square, square), square @ square @ square)


@pytest.mark.parity(*ROW, "TestEinsum.test_ellipses")
def test_axes_without_letters(mx, check):
    for letters, subscripts in (  # the operands' axes, and the sum
        ("abc", "...c->..."), ("abcd", "a...d->..."), ("abcd", "...d"), ("bcc", "...cc->...c"), ("bcc", "...cc"),
        ("abij,abgj", "...ij,...gj->...ig"), ("abij,abgj", "...ij,...gj->..."), ("bch,abcj", "...h,...j->...hj"),
        ("bc,cd", "...c,cd"), ("abc,acd", "...bc,...cd"), ("abcd,c", "...cd,c..."), ("abcd,c", "...cd,c...->d..."),
        ("abc,b", "ab...,...b->ab..."), ("abc,b", "ab...,b->ab..."), ("ab,bc", "ab...,...bc->a...c"), ("ab,bc", "ab,b...->a..."),
        ("abcdef,defg", "...def,defg->...g"), ("abc,bc", "a...,...->a..."),
    ):
        _like_numpy(mx, check, subscripts, _operands(letters))
    draw = mx.random.uniform(shape=(2, 3), key=mx.random.key(8))
    check.equal(mx.einsum("...->...", draw), draw)
    for letters, subscripts in (("abc,abc", "a...b...c,a...b...c->abc"), ("abc", "a.b->a"), ("abc", "a..->a"), ("ab", "abc...->a")):
        check.raises(ValueError, mx.einsum, subscripts, *map(mx.array, _operands(letters)))
