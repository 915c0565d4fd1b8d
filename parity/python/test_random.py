"""Cases that mirror upstream's python/tests/test_random.py. Fixed samples are the real wheel's for the same key."""

import math

import pytest

ROW = ("ops_numeric", "python/tests/test_random.py")

# The real wheel's samples, each of the key that the case names.
SPLIT = [[1024511538, 47757680], [2603795180, 1437962712]]
UNIFORM = [0.56855255, 0.25860381, 0.88932967]
NORMAL = [0.27311498, 2.2002482, 0.58301383]
LAPLACE = [-0.24237119, -3.5831044, -0.58002561]
INTEGERS = [911, 7, 286, 880]
COINS = [True, False, False, True, False, True, True, True]
TRUNCATED = [0.56752962, -0.29856977, -0.27141634]
GUMBEL = [-0.10412663, 2.315568, 1.3420238]
ORDER = [3, 5, 0, 1, 2, 4, 6]


def _between(mx, check, samples, low, high):
    """All samples are in [low, high], and not all the same."""
    smallest, largest = mx.min(samples).item(), mx.max(samples).item()
    check.that(low <= smallest < largest <= high, f"samples from {smallest} to {largest}, of [{low}, {high}]")


def _sampler_rules(mx, check, sample):
    """What holds for every sampler of floats: its shape, its dtype, and one key's one outcome."""
    key = mx.random.key(77)
    for shape in ((), (4,), (3, 1, 5)):
        first, second = sample(shape=shape, key=key), sample(shape=shape, key=key)
        check.same((first.shape, first.dtype), (shape, mx.float32))
        check.that(mx.array_equal(first, second), "one key gave two outcomes")
    check.that(not mx.array_equal(sample(shape=(9,)), sample(shape=(9,))), "the global state stood still")
    check.same(sample(shape=(1,), dtype=None).dtype, mx.float32)


@pytest.mark.parity(*ROW, "TestRandom.test_global_rng")
def test_seed_of_the_global_state(mx, check):
    runs = []
    for seed in (12, 12, 13):
        mx.random.seed(seed)
        runs.append([mx.random.uniform().item() for _ in range(3)])
    check.same(runs[0], runs[1])
    check.that(len(set(runs[0] + runs[2])) == 6, f"numbers repeat: {runs}")


@pytest.mark.parity(*ROW, "TestRandom.test_key")
def test_keys(mx, check):
    for seed, words in ((0, [0, 0]), (5, [0, 5]), (2**32 + 9, [1, 9])):
        check.equal(mx.random.key(seed), words, dtype=mx.uint32, shape=(2,))
    check.that(mx.array_equal(mx.random.key(8), mx.random.key(8)))
    check.that(not mx.array_equal(mx.random.key(8), mx.random.key(9)), "two seeds made one key")


@pytest.mark.parity(*ROW, "TestRandom.test_key_split")
def test_keys_split(mx, check):
    key = mx.random.key(41)
    left, right = mx.random.split(key)
    check.that(not mx.array_equal(left, right), "both halves are the same")
    for again, half in zip(mx.random.split(key), (left, right)):
        check.that(mx.array_equal(again, half), "another half the second time")
    many = mx.random.split(key, 6)
    check.same((many.shape, many.dtype), ((6, 2), mx.uint32))
    check.same(len({tuple(words) for words in many.tolist()}), 6)
    check.equal(mx.random.split(mx.random.key(3)), SPLIT)


@pytest.mark.parity(*ROW, "TestRandom.test_uniform")
def test_uniform(mx, check):
    _sampler_rules(mx, check, mx.random.uniform)
    check.close(mx.random.uniform(shape=(3,), key=mx.random.key(1)), UNIFORM, atol=0)
    for low, high in ((0, 1), (-3, 2), (mx.array(5.0), mx.array(9)), (mx.array([[-1.0], [-2.0]]), 4)):
        samples = mx.random.uniform(low=low, high=high, shape=(2, 3000), key=mx.random.key(2))
        check.that(mx.all((samples >= low) & (samples < high)), f"outside of {low} to {high}")
        check.close(samples.mean(axis=1), (mx.array(low) + high).reshape(-1) / 2 + mx.zeros((2,)), atol=0.15)
    for dtype in (mx.float16, mx.bfloat16):
        samples = mx.random.uniform(low=-0.5, high=0.25, shape=(400,), dtype=dtype, key=mx.random.key(3))
        check.same(samples.dtype, dtype)
        _between(mx, check, samples, -0.5, 0.25)


@pytest.mark.parity(*ROW, "TestRandom.test_normal_and_laplace")
def test_normal_and_laplace(mx, check):
    for sampler, first, deviation in ((mx.random.normal, NORMAL, 1.0), (mx.random.laplace, LAPLACE, math.sqrt(2))):
        _sampler_rules(mx, check, sampler)
        key = mx.random.key(4)
        check.close(sampler(shape=(3,), key=key), first, rtol=1e-6)
        for dtype, tolerance in ((mx.float32, 1e-6), (mx.float16, 2e-3), (mx.bfloat16, 2e-2)):
            plain = sampler(shape=(5, 6), dtype=dtype, key=key)
            placed = sampler(shape=(5, 6), loc=-3.0, scale=0.5, dtype=dtype, key=key)
            check.same((plain.dtype, placed.dtype), (dtype, dtype))
            check.that(mx.allclose(placed, 0.5 * plain - 3.0, rtol=tolerance, atol=tolerance), f"{dtype}")
        for dtype in (mx.float16, mx.bfloat16):
            many = mx.abs(sampler(shape=(20000,), dtype=dtype, key=mx.random.key(5)))
            check.that(mx.all(many < mx.inf), f"an infinite {dtype}")
        many = sampler(shape=(20000,), loc=2.0, scale=3.0, key=mx.random.key(6))
        check.close([many.mean().item(), mx.std(many).item()], [2.0, 3 * deviation], rtol=0.05)


@pytest.mark.parity(*ROW, "TestRandom.test_complex_normal")
def test_complex_normal(mx, check):
    key = mx.random.key(7)
    for shape in ((), (2, 1, 3, 4)):
        plain = mx.random.normal(shape, dtype=mx.complex64, key=key)
        check.same((plain.shape, plain.dtype), (shape, mx.complex64))
        for loc, scale in ((-1.0, 4.0), (2 - 3j, 0.5)):
            placed = mx.random.normal(shape, dtype=mx.complex64, loc=loc, scale=scale, key=key)
            check.same((placed.shape, placed.dtype), (shape, mx.complex64))
            check.that(mx.allclose(placed, plain * scale + loc, rtol=1e-5, atol=1e-5), f"at {loc}, {scale} wide")
    many = mx.random.normal((20000,), dtype=mx.complex64, key=key)
    parts = [mx.real(many), mx.imag(many)]
    check.close([part.mean().item() for part in parts], [0, 0], atol=0.03)
    check.close([mx.std(part).item() for part in parts], [math.sqrt(0.5)] * 2, rtol=0.05)


@pytest.mark.parity(*ROW, "TestRandom.test_broadcastable_scale_loc")
def test_places_and_widths_that_broadcast(mx, check):
    for dtype, small, shape in ((mx.float32, (5, 3), (4, 5, 3)), (mx.float16, (2, 1, 3), (2, 6, 3)), (mx.float32, (), (2, 2))):
        places, key = mx.random.normal(small, key=mx.random.key(8)) * 4, mx.random.key(9)
        placed = mx.random.normal(shape, dtype=dtype, loc=places, scale=mx.abs(places), key=key)
        mx.eval(placed)
        check.same((placed.shape, placed.dtype), (shape, dtype))
        plain = mx.random.normal(shape, dtype=dtype, key=key)
        check.that(mx.allclose(placed, plain * mx.abs(places) + places, rtol=5e-3, atol=2e-2), f"{shape}")
    for options in ({"loc": mx.zeros((4,))}, {"scale": mx.ones((2, 5, 1))}):
        check.raises(ValueError, mx.random.normal, (4, 5, 3), **options)


@pytest.mark.parity(*ROW, "TestRandom.test_randint")
def test_integers(mx, check):
    nothing = mx.random.randint(4, 5, [])
    check.equal(nothing, 4, dtype=mx.int32, shape=())
    key = mx.random.key(10)
    low, high = mx.array(5), mx.array(18)
    samples = mx.random.randint(low, high, (200,), key=key)
    check.equal(samples, mx.random.randint(low, high, (200,), key=key), dtype=mx.int32, shape=(200,))
    check.same(sorted(set(samples.tolist())), list(range(5, 18)))
    check.equal(mx.random.randint(0, 1000, (4,), key=key), INTEGERS, dtype=mx.int32)
    lows, highs = mx.reshape(mx.array([0, -50]), [2, 1]), mx.reshape(mx.array([3, 40, 7]), [1, 3])
    table = mx.random.randint(lows, highs, (2, 3))
    check.same(table.shape, (2, 3))
    check.that(mx.all((lows <= table) & (table < highs)), f"{table}")
    many = mx.random.randint(-7, 6, [400, 500], key=key)
    check.that(mx.all(many >= -7) and mx.all(many < 6), "outside of the range")
    check.close(mx.mean(mx.random.randint(0, 11, [60000], key=key)), 5.0, atol=0.05)
    check.that(mx.all(mx.random.randint(9, -9, [30, 40]) == 9), "an empty range has more than its start")
    check.same([mx.random.randint(0, 3, dtype=dtype).dtype for dtype in (None, mx.uint8)], [mx.int32, mx.uint8])


@pytest.mark.parity(*ROW, "TestRandom.test_bernoulli")
def test_coins(mx, check):
    coin = mx.random.bernoulli()
    check.same((coin.shape, coin.dtype), ((), mx.bool_))
    check.same(mx.random.bernoulli(mx.array(0.25), [7]).shape, (7,))
    certain = mx.random.bernoulli(mx.array([-0.5, 1.5, 3.0]))
    check.equal(certain, [False, True, True], dtype=mx.bool_, shape=(3,))
    chances = mx.reshape(mx.array([0.1, 0.5, 0.8]), [3, 1])
    tosses = mx.random.bernoulli(chances, [3, 8000], key=mx.random.key(11))
    check.same(tosses.shape, (3, 8000))
    check.close(tosses.mean(axis=1), [0.1, 0.5, 0.8], atol=0.03)
    check.equal(mx.random.bernoulli(0.5, [8], key=mx.random.key(12)), COINS)
    check.raises(ValueError, mx.random.bernoulli, chances, [2])
    check.raises(ValueError, mx.random.bernoulli, 1, [2])


@pytest.mark.parity(*ROW, "TestRandom.test_truncated_normal")
def test_normal_between_limits(mx, check):
    one = mx.random.truncated_normal(-1.0, 1.5)
    check.same((one.size, one.dtype, -1.0 <= one.item() <= 1.5), (1, mx.float32, True))
    none = mx.random.truncated_normal(mx.array([]), mx.array([]))
    check.same((none.size, none.dtype), (0, mx.float32))
    lows, highs = mx.reshape(mx.array([-3.0, 0.0, 1.0]), [3, 1]), mx.reshape(mx.array([1.5, 2.0]), [1, 2])
    table = mx.random.truncated_normal(lows, highs)
    check.same(table.shape, (3, 2))
    check.that(mx.all((lows <= table) & (table <= highs)), f"{table}")
    check.close(mx.random.truncated_normal(-1.0, 2.0, [3], key=mx.random.key(13)), TRUNCATED, rtol=1e-5)
    many = mx.random.truncated_normal(-0.5, 1.0, [150, 211], key=mx.random.key(14))
    check.same(many.shape, (150, 211))
    _between(mx, check, many, -0.5, 1.0)
    check.equal(mx.random.truncated_normal(1.25, -1.25), 1.25)
    check.raises(ValueError, mx.random.truncated_normal, mx.array([-1.0, -2.0]), mx.array([1.0, 2.0, 3.0]))
    check.same([mx.random.truncated_normal(0, 1, dtype=dtype).dtype for dtype in (None, mx.float16)], [mx.float32, mx.float16])


@pytest.mark.parity(*ROW, "TestRandom.test_gumbel")
def test_extremes(mx, check):
    _sampler_rules(mx, check, mx.random.gumbel)
    samples = mx.random.gumbel(shape=(120, 130), key=mx.random.key(15))
    check.same((samples.shape, samples.dtype), ((120, 130), mx.float32))
    check.that(mx.abs(mx.mean(samples) - 0.5772) < 0.05, f"the mean is {mx.mean(samples)}")
    check.close(mx.std(samples), math.pi / math.sqrt(6), rtol=0.05)
    check.close(mx.random.gumbel((3,), key=mx.random.key(16)), GUMBEL, rtol=1e-5)


@pytest.mark.parity(*ROW, "TestRandom.test_categorical")
def test_categories(mx, check):
    flat = mx.zeros((6, 9))
    for axis, shape in ((-1, (6,)), (1, (6,)), (0, (9,)), (-2, (9,))):
        check.same(mx.random.categorical(flat, axis).shape, shape)
        check.same(mx.random.categorical(flat, axis, num_samples=4).shape, (*shape, 4))
    for options, shape, categories in (({}, (6,), 9), ({"axis": 0, "shape": [7, 9]}, (7, 9), 6), ({"num_samples": 500}, (6, 500), 9)):
        drawn = mx.random.categorical(flat, **options)
        check.same((drawn.shape, drawn.dtype), (shape, mx.uint32))
        check.that(mx.max(drawn).item() < categories, f"{drawn}")
    unlikely = mx.array([[0.0, -1e9, -1e9], [-1e9, -1e9, 0.0]])
    check.equal(mx.random.categorical(unlikely, num_samples=5), [[0] * 5, [2] * 5])
    counted = mx.random.categorical(mx.log(mx.array([0.1, 0.6, 0.3])), num_samples=9000, key=mx.random.key(17))
    check.close([(counted == category).mean().item() for category in range(3)], [0.1, 0.6, 0.3], atol=0.03)
    check.raises(ValueError, mx.random.categorical, flat, shape=[6, 2], num_samples=2)
    check.raises(ValueError, mx.random.categorical, flat, 2)


@pytest.mark.parity(*ROW, "TestRandom.test_permutation")
def test_orders(mx, check):
    for length in (1, 6):
        check.same(sorted(mx.random.permutation(length).tolist()), list(range(length)))
    values = mx.array([2.5, -1.0, 8.0, 8.0, 0.0])
    check.same(sorted(mx.random.permutation(values).tolist()), sorted(values.tolist()))
    table = mx.arange(30).reshape(5, 6)
    for axis in (0, 1, -1):
        mixed = mx.random.permutation(table, axis=axis, key=mx.random.key(18))
        check.that(not mx.array_equal(mixed, table), "nothing moved")
        check.that(mx.array_equal(mx.sort(mixed, axis=axis), table), f"along {axis}: {mixed}")
    long = mx.random.permutation(20000)
    check.that(not mx.array_equal(long, mx.arange(20000)), "nothing moved")
    check.that(mx.array_equal(mx.sort(long), mx.arange(20000)), "not each number once")
    check.equal(mx.random.permutation(7, key=mx.random.key(19)), ORDER)
    check.equal(mx.random.permutation(mx.array([[[0.5]]])), [[[0.5]]], dtype=mx.float32, shape=(1, 1, 1))


def _spread(mx, check, data, mean, covariance):
    """The samples' mean and covariance are near those of the distribution."""
    centred = data - mx.mean(data, axis=0)
    near = 12 / math.sqrt(data.shape[0])
    for found, wanted in ((mx.mean(data, axis=0), mean), (centred.T @ centred / data.shape[0], covariance)):
        check.that(mx.allclose(found, wanted, rtol=0, atol=near), f"{found} is far from {wanted}")


@pytest.mark.parity(*ROW, "TestRandom.test_multivariate_normal")
def test_normal_in_several_dimensions(mx, check):
    def draw(mean, covariance, shape=(), **options):
        return mx.random.multivariate_normal(mean, covariance, shape, key=mx.random.key(20), stream=mx.cpu, **options)

    mean, covariance = mx.array([3, -2]), mx.array([[4, 0], [0, 1]])
    check.same((draw(mean, covariance).shape, draw(mean, covariance).dtype), ((2,), mx.float32))
    check.close(draw(mean, covariance, (3,), dtype=mx.float32), draw(mean, covariance, (3,)))
    for dtype in (mx.int8, mx.int32, mx.int64, mx.uint8, mx.uint32, mx.uint64, mx.float16, mx.bfloat16):
        check.raises(ValueError, draw, mean, covariance, dtype=dtype)
    for lengths, shape in (
        (((2, 2), (2, 2)), (3,)), (((2,), (2, 2, 2)), (5,)), (((3,), (2, 2)), ()), (((2,), (2, 3)), ()), (((), (2, 2)), ()),
        (((2,), (2,)), ()),
    ):
        check.raises(ValueError, draw, *map(mx.zeros, lengths), shape)
    means = mx.array([[10.0, 0.0], [20.0, -5.0], [30.0, 9.0], [0.0, 7.0]])
    drawn = draw(means, mx.array([[0.5, 0.2], [0.2, 0.1]]), (6, 4))
    check.same(drawn.shape, (6, 4, 2))
    check.that(mx.all(mx.abs(drawn - means) < 5), f"{drawn} is far from {means}")
    for mean, covariance in (
        (mx.array([-1.0, 6.0]), mx.array([[3, -0.75], [-0.75, 1]])),
        (mx.arange(3), mx.array([[2, 1, 0.5], [1, 1, -0.25], [0.5, -0.25, 1.5]])),
        (mx.zeros((2,)), mx.zeros((2, 2))),
    ):
        _spread(mx, check, draw(mean, covariance, (40000,)), mean, covariance)
