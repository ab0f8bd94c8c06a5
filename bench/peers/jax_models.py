"""The models of package models, in JAX: build returns init(key) -> (parameters, averages) and apply(parameters, averages, x)
-> (logits, new averages), the running averages being those of batch norm."""

import jax
import jax.numpy as jnp


def build(name, image, classes):
    height, width, channels = image
    if name == "mlp":
        return mlp(height * width * channels, classes)
    if name == "resnet8":
        return resnet(channels, classes, [16, 32, 64], 1, True)
    if name == "resnet20":
        return resnet(channels, classes, [16, 32, 64], 3, False)
    if name == "resnet18":
        return resnet(channels, classes, [64, 128, 256, 512], 2, True)
    raise ValueError(f"there is no model {name!r} here: want mlp, resnet8, resnet20 or resnet18")


def he(key, *shape):
    fan_in = 1
    for n in shape[:-1]:
        fan_in *= n
    return jax.random.normal(key, shape) * jnp.sqrt(2 / fan_in)


def mlp(inputs, classes):
    sizes = [inputs, 128, 128, classes]

    def init(key):
        keys = jax.random.split(key, 3)
        return [(he(k, a, b), jnp.zeros(b)) for k, a, b in zip(keys, sizes, sizes[1:])], {}

    def apply(params, averages, x):
        x = x.reshape(x.shape[0], -1)
        for i, (w, b) in enumerate(params):
            x = x @ w + b
            x = jax.nn.relu(x) if i < 2 else x
        return x, averages

    return init, apply


def resnet(channels, classes, stages, blocks, projected):
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
            stride = convolutions[name][3]
            x = jax.lax.conv_general_dilated(x, kernel, (stride, stride), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
            mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
            new[name] = tuple(0.9 * old + 0.1 * now for old, now in zip(averages[name], (mean, variance)))
            return scale * (x - mean) * jax.lax.rsqrt(variance + 1e-5) + offset

        x = jax.nn.relu(conv("conv", x))
        for name, changes, stride, added in plan:
            y = conv(name + "/2", jax.nn.relu(conv(name + "/1", x)))
            if changes and projected:
                x = conv(name + "/shortcut", x)
            elif changes:
                x = jnp.pad(x[:, ::stride, ::stride], ((0, 0), (0, 0), (0, 0), (added // 2, added - added // 2)))
            x = jax.nn.relu(x + y)
        w, b = params["logits"]
        return x.mean((1, 2)) @ w + b, new

    return init, apply
