"""The models of package models, in JAX: build returns init(key) -> (parameters, averages) and apply(parameters, averages, x)
-> (logits, new averages), the running averages being those of batch norm. dtype is the type of activations; batch norm and logits
are of float32."""

import jax
import jax.numpy as jnp

RESNETS = {"resnet8": ([16, 32, 64], 1, True), "resnet20": ([16, 32, 64], 3, False), "resnet18": ([64, 128, 256, 512], 2, True)}


def build(name, image, classes, dtype):
    height, width, channels = image
    if name == "mlp":
        return mlp(height * width * channels, classes, dtype)
    if name in RESNETS:
        return resnet(channels, classes, *RESNETS[name], dtype)
    if name.startswith("wrn"):
        depth, factor = (int(n) for n in name[3:].split("-"))
        return wide_resnet(channels, classes, depth, factor, dtype)
    raise ValueError(f"there is no model {name!r} here: want mlp, resnet8, resnet20, resnet18 or wrnDEPTH-WIDTH")


def he(key, *shape):
    fan_in = 1
    for n in shape[:-1]:
        fan_in *= n
    return jax.random.normal(key, shape) * jnp.sqrt(2 / fan_in)


def mlp(inputs, classes, dtype):
    sizes = [inputs, 128, 128, classes]

    def init(key):
        keys = jax.random.split(key, 3)
        return [(he(k, a, b), jnp.zeros(b)) for k, a, b in zip(keys, sizes, sizes[1:])], {}

    def apply(params, averages, x):
        x = x.reshape(x.shape[0], -1).astype(dtype)
        for i, (w, b) in enumerate(params):
            x = x @ w.astype(dtype) + b.astype(dtype)
            x = jax.nn.relu(x) if i < 2 else x
        return x.astype(jnp.float32), averages

    return init, apply


def convolve(kernel, x, stride):
    return jax.lax.conv_general_dilated(x, kernel.astype(x.dtype), (stride, stride), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def normalise(scale, offset, averages, x):
    """Batch norm of x, in float32, and its new running averages."""
    wide = x.astype(jnp.float32)
    mean, variance = wide.mean((0, 1, 2)), wide.var((0, 1, 2))
    new = tuple(0.9 * old + 0.1 * now for old, now in zip(averages, (mean, variance)))
    return (scale * (wide - mean) * jax.lax.rsqrt(variance + 1e-5) + offset).astype(x.dtype), new


def classify(params, x):
    w, b = params
    return (x.mean((1, 2)) @ w.astype(x.dtype) + b.astype(x.dtype)).astype(jnp.float32)


def resnet(channels, classes, stages, blocks, projected, dtype):
    """Layers have names; a convolution holds its kernel with scale and offset of the norm after it."""
    convolutions = {"conv": (3, channels, stages[0], 1)}
    plan, inputs = [], stages[0]
    for i, outputs in enumerate(stages):
        for j in range(blocks):
            name, stride = f"stage{i + 1}_block{j + 1}", 2 if i > 0 and j == 0 else 1
            convolutions[name + "/1"], convolutions[name + "/2"] = (3, inputs, outputs, stride), (3, outputs, outputs, 1)
            changes = stride != 1 or inputs != outputs
            if changes and projected:
                convolutions[name + "/shortcut"] = (1, inputs, outputs, stride)
            plan.append((name, changes, stride, outputs - inputs))
            inputs = outputs

    def init(key):
        keys = jax.random.split(key, len(convolutions) + 1)
        params, averages = {}, {}
        for k, (name, (size, a, b, _)) in zip(keys, convolutions.items()):
            params[name] = he(k, size, size, a, b), jnp.ones(b), jnp.zeros(b)
            averages[name] = jnp.zeros(b), jnp.ones(b)
        params["logits"] = he(keys[-1], inputs, classes), jnp.zeros(classes)
        return params, averages

    def apply(params, averages, x):
        new = {}

        def conv(name, x):
            kernel, scale, offset = params[name]
            y, new[name] = normalise(scale, offset, averages[name], convolve(kernel, x, convolutions[name][3]))
            return y

        x = jax.nn.relu(conv("conv", x.astype(dtype)))
        for name, changes, stride, added in plan:
            y = conv(name + "/2", jax.nn.relu(conv(name + "/1", x)))
            if changes and projected:
                x = conv(name + "/shortcut", x)
            elif changes:
                x = jnp.pad(x[:, ::stride, ::stride], ((0, 0), (0, 0), (0, 0), (added // 2, added - added // 2)))
            x = jax.nn.relu(x + y)
        return classify(params["logits"], x), new

    return init, apply


def wide_resnet(channels, classes, depth, factor, dtype):
    """Kernels and norms have names of their own, since a norm stands before its convolution."""
    kernels, norms, plan, inputs = {"conv": (3, channels, 16)}, {}, [], 16
    for i in range(3):
        outputs = 16 * factor << i
        for j in range((depth - 4) // 6):
            name, stride = f"stage{i + 1}_block{j + 1}", 2 if i > 0 and j == 0 else 1
            kernels[name + "/1"], kernels[name + "/2"] = (3, inputs, outputs), (3, outputs, outputs)
            norms[name + "/1"], norms[name + "/2"] = inputs, outputs
            if stride != 1 or inputs != outputs:
                kernels[name + "/shortcut"] = (1, inputs, outputs)
            plan.append((name, stride))
            inputs = outputs
    norms["norm"] = inputs

    def init(key):
        keys = jax.random.split(key, len(kernels) + 1)
        params = {"kernel " + name: he(k, size, size, a, b) for k, (name, (size, a, b)) in zip(keys, kernels.items())}
        params |= {"norm " + name: (jnp.ones(n), jnp.zeros(n)) for name, n in norms.items()}
        params["logits"] = he(keys[-1], inputs, classes), jnp.zeros(classes)
        return params, {name: (jnp.zeros(n), jnp.ones(n)) for name, n in norms.items()}

    def apply(params, averages, x):
        new = {}

        def activate(name, x):
            y, new[name] = normalise(*params["norm " + name], averages[name], x)
            return jax.nn.relu(y)

        x = convolve(params["kernel conv"], x.astype(dtype), 1)
        for name, stride in plan:
            a = activate(name + "/1", x)
            y = convolve(params[f"kernel {name}/1"], a, stride)
            y = convolve(params[f"kernel {name}/2"], activate(name + "/2", y), 1)
            shortcut = params.get(f"kernel {name}/shortcut")
            x = y + (x if shortcut is None else convolve(shortcut, a, stride))
        return classify(params["logits"], activate("norm", x)), new

    return init, apply
