"""Steps of SGD and of SAM (optax.contrib.sam) in JAX."""

import functools

import jax
import jax.numpy as jnp
import optax
import optax.contrib

import jax_models
import turns


def methods(s):
    """The methods by name, each with parameters of its own, and the number of these."""
    init, apply = jax_models.build(s["model"], s["image"], s["classes"], jnp.dtype(s["dtype"]))
    keys = jax.random.split(jax.random.key(0), 3)
    x = jax.random.normal(keys[0], (s["batch"], *s["image"]))
    y = jax.random.randint(keys[1], (s["batch"],), 0, s["classes"])

    def loss(params, averages, x, y):
        logits, averages = apply(params, averages, x)
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean(), averages

    base = optax.chain(optax.add_decayed_weights(s["weight_decay"]), optax.sgd(s["lr"], momentum=s["momentum"]))
    ascent = optax.chain(optax.contrib.normalize(), optax.sgd(s["rho"]))
    found = {}
    for name, optimizer in {"sgd": base, "sam": optax.contrib.sam(base, ascent, opaque_mode=True)}.items():
        if name not in s["methods"]:
            continue

        @functools.partial(jax.jit, donate_argnums=(0, 1, 2))
        def step(params, averages, state, x, y, optimizer=optimizer, name=name):
            (value, new), g = jax.value_and_grad(loss, has_aux=True)(params, averages, x, y)
            again = {"grad_fn": lambda p, _: jax.grad(lambda q: loss(q, averages, x, y)[0])(p)} if name == "sam" else {}
            updates, state = optimizer.update(g, state, params, **again)
            return optax.apply_updates(params, updates), new, state, value

        params, averages = init(keys[2])  # each its own: a step gives its buffers away
        found[name] = turns.Method(Trainer(step, params, averages, optimizer.init(params), x, y).step)
    return found, sum(p.size for p in jax.tree.leaves(jax.eval_shape(init, keys[2])[0]))


class Trainer:
    def __init__(self, step, params, averages, state, x, y):
        self.compiled, self.state, self.batch = step, (params, averages, state), (x, y)

    def step(self, _):
        *self.state, value = self.compiled(*self.state, *self.batch)
        jax.block_until_ready((self.state, value))


def main():
    s = turns.setting()
    jax.config.update("jax_platforms", s["device"])
    made, parameters = methods(s)
    turns.serve(f"JAX {jax.__version__} with optax {optax.__version__}", parameters, made, s["steps"])


main()
