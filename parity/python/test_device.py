"""Cases that mirror upstream's python/tests/test_device.py. Without a GPU, what wants one is refused, and what it would show is shown by two
streams of the CPU; with one the same lines ask the GPU."""

import pytest

ROW = ("device_eval_memory", "python/tests/test_device.py")


def _wants_gpu(mx, check, function, wanted=lambda answer: True):
    """With a GPU the answer is as wanted, without one a ValueError."""
    if mx.is_available(mx.gpu):
        check.that(wanted(function()))
    else:
        check.raises(ValueError, function)


@pytest.mark.parity(*ROW, "TestDefaultDevice.test_mlx_default_device")
def test_device_of_a_fresh_process(mx, check):
    kind = mx.gpu if mx.is_available(mx.gpu) else mx.cpu
    device = mx.default_device()
    check.that(device == mx.Device(kind) and mx.Device(kind) == device)
    check.that(device == kind and kind == device)
    check.same(str(device), f"Device({'gpu' if kind == mx.gpu else 'cpu'}, 0)")
    check.same(device.type, mx.Device(kind).type)
    _wants_gpu(mx, check, lambda: mx.set_default_device(mx.gpu))
    check.that(mx.default_device() == kind)
    check.that(mx.is_available(mx.cpu) and mx.is_available(mx.Device(mx.cpu, 0)))


@pytest.mark.parity(*ROW, "TestDevice.test_device")
def test_default_device_is_set(mx, check):
    before, cpu = mx.default_device(), mx.Device(mx.cpu)
    for given in (cpu, mx.cpu):
        mx.set_default_device(given)
        check.that(mx.default_device() == cpu)
        check.that(mx.default_device() == mx.cpu)
    mx.set_default_device(before)
    check.that(mx.default_device() == before)
    check.that(cpu == mx.cpu and mx.cpu == cpu)
    check.that(cpu != mx.Device(mx.cpu, 1) and not cpu == mx.Device(mx.cpu, 1))
    check.same(str(cpu), "Device(cpu, 0)")
    check.raises(TypeError, mx.set_default_device, "cpu")


@pytest.mark.parity(*ROW, "TestDevice.test_device_context")
def test_device_for_a_while(mx, check):
    default, gpu = mx.default_device(), mx.is_available(mx.gpu)
    other = mx.cpu if default == mx.gpu else mx.gpu
    check.that(default != other)
    if gpu:
        with mx.stream(other):
            check.that(mx.default_device() == other)
            total = mx.add(mx.ones((2, 3)), mx.zeros((2, 3)))
            mx.eval(total)
    else:
        def enter():
            with mx.stream(other):
                pass

        check.raises(ValueError, enter)
        with mx.stream(mx.cpu):
            check.that(mx.default_device() == mx.cpu)
            total = mx.add(mx.ones((2, 3)), mx.zeros((2, 3)))
            mx.eval(total)
    check.equal(total, [[1] * 3] * 2)
    check.that(mx.default_device() == default)


@pytest.mark.parity(*ROW, "TestDevice.test_op_on_device")
def test_function_on_a_device(mx, check):
    x, y = mx.array(2.5), mx.array(-4.0)
    for place in (None, mx.default_device(), mx.cpu, mx.Device(mx.cpu)):
        check.equal(mx.add(x, y, stream=place), -1.5, dtype=mx.float32)
    if mx.metal.is_available():
        check.equal(mx.add(x, y, stream=mx.gpu), -1.5)
    else:
        _wants_gpu(mx, check, lambda: mx.add(x, y, stream=mx.gpu).item(), lambda sum: sum == -1.5)


@pytest.mark.parity(*ROW, "TestStream.test_stream")
def test_streams_and_their_devices(mx, check):
    here = mx.default_device()
    home, other = mx.default_stream(here), mx.new_stream(here)
    check.that(home.device == here)
    check.that(other.device == here)
    check.that(home != other and other != mx.new_stream(here))
    check.that(home == mx.default_stream(here))
    for make in (mx.default_stream, mx.new_stream):
        check.that(make(mx.cpu).device == mx.cpu)
        _wants_gpu(mx, check, lambda: make(mx.gpu).device, lambda device: device == mx.gpu)
    check.that(mx.is_available(mx.cpu))


@pytest.mark.parity(*ROW, "TestStream.test_op_on_stream")
def test_function_on_a_stream(mx, check):
    x, y = mx.array([7.0, 1.5]), mx.array(0.25)
    for stream in (mx.default_stream(mx.default_device()), mx.default_stream(mx.cpu), mx.new_stream(mx.cpu)):
        total = mx.add(x, y, stream=stream)
        check.equal(total, [7.25, 1.75], dtype=mx.float32)
        check.equal(mx.add(total, x, stream=mx.new_stream(mx.cpu)), [14.25, 3.25])
    for make in (mx.default_stream, mx.new_stream):
        _wants_gpu(mx, check, lambda: mx.add(x, y, stream=make(mx.gpu)).tolist(), lambda total: total == [7.25, 1.75])
    check.that(mx.is_available(mx.cpu))


@pytest.mark.parity(*ROW, "TestDeviceInfo.test_device_count")
def test_how_many_devices(mx, check):
    check.same(mx.device_count(mx.cpu), 1)
    gpus = mx.device_count(mx.gpu)
    check.same(type(gpus), int)
    check.that(gpus >= 0 and (gpus > 0) == mx.is_available(mx.gpu))


def _facts(check, info):
    """A dict that says what the device is, in words."""
    check.same(type(info), dict)
    for key in ("device_name", "architecture"):
        check.that(isinstance(info.get(key), str) and info[key].strip(), f"no {key} in {info}")


@pytest.mark.parity(*ROW, "TestDeviceInfo.test_device_info_cpu")
def test_what_the_cpu_is(mx, check):
    import platform

    info = mx.device_info(mx.cpu)
    _facts(check, info)
    check.same(info["architecture"], platform.machine())
    check.same(mx.device_info(mx.Device(mx.cpu, 0)), info)


@pytest.mark.parity(*ROW, "TestDeviceInfo.test_device_info_default")
def test_what_the_default_device_is(mx, check):
    _facts(check, mx.device_info())
    check.same(mx.device_info(), mx.device_info(mx.default_device()))


@pytest.mark.parity(*ROW, "TestDeviceInfo.test_device_info_gpu")
def test_what_each_gpu_is(mx, check):
    count = mx.device_count(mx.gpu)
    check.same(count > 0, mx.is_available(mx.gpu))
    for place in range(count):
        _facts(check, mx.device_info(mx.Device(mx.gpu, place)))
    check.same(mx.device_info(mx.Device(mx.gpu, count)), {})  # of a device that is not there, nothing
