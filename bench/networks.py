"""Two training steps in each library's own manner: a network of two layers, and a transformer block.

MLX and JAX differentiate a function of the parameters; PyTorch keeps gradients in them."""
from libraries import Lacks, ROOT_2

RATE, DECAY_1, DECAY_2, TINY = 1e-3, 0.9, 0.999, 1e-8  # of SGD and Adam
WIDTH, BATCH, LENGTH, HEADS = 512, 4, 256, 8
BLOCK = {"norm_1": (WIDTH,), "qkv": (WIDTH, 3 * WIDTH), "out": (WIDTH, WIDTH), "norm_2": (WIDTH,),
         "up": (WIDTH, 4 * WIDTH), "down": (4 * WIDTH, WIDTH)}  # shapes of a block's parameters
LAYERS = [(784, 1024), (1024,), (1024, 10), (10,)]
BLOCK_INPUT = (BATCH, LENGTH, WIDTH)


def start(lib, shapes, rng):
    """Parameters of such shapes, small and normal; a vector is all ones."""
    draws = (rng.standard_normal(shape, dtype="float32") for shape in shapes)
    return [lib.array(x * 0.03 if x.ndim > 1 else x * 0 + 1) for x in draws]


def gelu(lib, x):
    return x * (1 + lib.erf(x / ROOT_2)) * 0.5


def mlp(optimiser, compiled):
    def of(lib, rng):
        if not (lib.functional or hasattr(lib.core, "optim")):
            raise Lacks("gradients")
        x, labels = lib.array(rng.standard_normal((256, 784), dtype="float32")), lib.array(rng.integers(0, 10, 256))
        make = functional_mlp if lib.functional else torch_mlp
        return make(lib, start(lib, LAYERS, rng), optimiser, compiled, x, labels)
    return of


def functional_mlp(lib, params, optimiser, compiled, x, labels):
    m = lib.core

    def loss(p, x, labels):
        logits = m.maximum(x @ p[0] + p[1], 0) @ p[2] + p[3]
        return m.mean(lib.logsumexp(logits) - m.take_along_axis(logits, labels[:, None], -1)[:, 0])

    def update(p, first, second, x, labels):
        value, g = lib.value_and_grad(loss)(p, x, labels)
        if optimiser == "sgd":
            return [a - RATE * b for a, b in zip(p, g)], first, second, value
        first = [DECAY_1 * a + (1 - DECAY_1) * b for a, b in zip(first, g)]
        second = [DECAY_2 * a + (1 - DECAY_2) * b * b for a, b in zip(second, g)]
        return [a - RATE * b / (m.sqrt(c) + TINY) for a, b, c in zip(p, first, second)], first, second, value

    run = lib.compile(update) if compiled else update
    state = [params, [a * 0 for a in params], [a * 0 for a in params]]

    def step():
        *state[:], value = run(*state, x, labels)
        lib.done((state, value))
    return step


def torch_mlp(lib, params, optimiser, compiled, x, labels):
    torch = lib.core
    p = [torch.nn.Parameter(a) for a in params]
    rule = (torch.optim.SGD if optimiser == "sgd" else torch.optim.Adam)(p, RATE)

    def loss(x, labels):
        return torch.nn.functional.cross_entropy(torch.relu(x @ p[0] + p[1]) @ p[2] + p[3], labels)
    run = torch.compile(loss) if compiled else loss

    def step():
        rule.zero_grad()
        with torch.enable_grad():
            run(x, labels).backward()
        rule.step()
    return step


def block(compiled):
    def of(lib, rng):
        if not (lib.functional or hasattr(lib.core, "optim")):
            raise Lacks("gradients")
        x = lib.array(rng.standard_normal(BLOCK_INPUT, dtype="float32"))
        make = functional_block if lib.functional else torch_block
        return make(lib, dict(zip(BLOCK, start(lib, BLOCK.values(), rng))), compiled, x)
    return of


def functional_block(lib, params, compiled, x):
    def loss(p, x):
        qkv = (lib.layer_norm(x, p["norm_1"]) @ p["qkv"]).reshape(BATCH, LENGTH, 3, HEADS, WIDTH // HEADS)
        qkv = qkv.transpose(2, 0, 3, 1, 4)
        heads = lib.attend(qkv[0], qkv[1], qkv[2])
        x = x + heads.transpose(0, 2, 1, 3).reshape(x.shape) @ p["out"]
        x = x + gelu(lib, lib.layer_norm(x, p["norm_2"]) @ p["up"]) @ p["down"]
        return (x * x).mean()

    run = lib.compile(lib.value_and_grad(loss)) if compiled else lib.value_and_grad(loss)
    return lambda: lib.done(run(params, x))


def torch_block(lib, params, compiled, x):
    torch, f = lib.core, lib.core.nn.functional
    p = {name: torch.nn.Parameter(a) for name, a in params.items()}

    def loss(x):
        qkv = (f.layer_norm(x, (WIDTH,), p["norm_1"]) @ p["qkv"]).view(BATCH, LENGTH, 3, HEADS, WIDTH // HEADS)
        heads = f.scaled_dot_product_attention(*qkv.permute(2, 0, 3, 1, 4), is_causal=True)
        x = x + heads.transpose(1, 2).reshape(x.shape) @ p["out"]
        x = x + f.gelu(f.layer_norm(x, (WIDTH,), p["norm_2"]) @ p["up"]) @ p["down"]
        return (x * x).mean()
    run = torch.compile(loss) if compiled else loss

    def step():
        for a in p.values():
            a.grad = None
        with torch.enable_grad():
            run(x).backward()
    return step
