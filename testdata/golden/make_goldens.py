"""Reference trajectories of X-SAM in float64, written by an implementation that shares no code with the Go module.

    python3 -m venv venv                  (outside the repository; made with Python 3.11)
    venv/bin/pip install numpy==2.4.6 jax==0.10.2 jaxlib==0.10.2
    venv/bin/python make_goldens.py       writes mlp.json and cnn.json beside this file

It follows the description of the algorithm (docs/algorithm.md), not the Go code. JAX supplies exact
derivatives of the loss and nothing else. The parameters are one flat vector, in the order of PARAMETERS below, each
in row-major order.

A trajectory is 20 steps of SGD with momentum and weight decay on four batches in turn, from given weights and a given
first v. Four decisions are discontinuous: whether v' is turned to agree with the old v (the sign of <v', v>), whether
it is turned by the sign of D3, which side of a pair has the larger loss, and whether v and lambda have moved little enough
for the interval between refreshes to grow. (The exact refresh does not take the first: its products see the loss in
evaluation mode, with the running averages as they were when the step began, and their sign is left as it comes.) Each is
recorded with its margin

    align  |<v', v>|            turn  |D3|*r/|lambda|  (the change of curvature within the probe radius, relative)
    side   |L+ - L-|            (in the units of the loss)
    calm   |larger of the residual and the relative change of lambda, minus the tolerance|

and the first v of each case is the first drawn, over seeds 0, 1, 2, ..., with which no margin is below 1e-3 and the same
code in float32 takes every decision alike.
"""

import json
import math
import pathlib

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_platforms", "cpu")

STEPS = 20
CHECKPOINTS = (1, 10, 20)  # weights, v and running averages are recorded after these many steps
LEARNING_RATE, MOMENTUM, WEIGHT_DECAY = 0.05, 0.9, 5e-4
BATCHES, BATCH, CLASSES = 4, 8, 3
SMALLEST_MARGIN = 1e-3
BN_EPSILON, BN_MOMENTUM = 1e-5, 0.9

# ---------------------------------------------------------------------------------------------------------------------
# The two networks. A network is its parameters, in order, and a function of the flat vector of parameters that returns
# the mean cross-entropy of a batch and the batch statistics of its normalisation layers. With running averages, a pair
# (mean, variance) for each of these layers, it is the network in evaluation mode.

MLP_PARAMETERS = [
    ("/dense0/weights", (6, 8)), ("/dense0/biases", (8,)),
    ("/dense1/weights", (8, 3)), ("/dense1/biases", (3,)),
]

CNN_PARAMETERS = [
    ("/conv0/weights", (3, 3, 1, 2)), ("/norm0/scale", (2,)), ("/norm0/offset", (2,)),
    ("/conv1/weights", (3, 3, 2, 3)), ("/norm1/scale", (3,)), ("/norm1/offset", (3,)),
    ("/dense/weights", (3, 3)), ("/dense/biases", (3,)),
]

PARAMETERS = {"mlp": MLP_PARAMETERS, "cnn": CNN_PARAMETERS}
NORMS = {"mlp": [], "cnn": ["/norm0", "/norm1"]}


def unflatten(w, parameters):
    out, at = [], 0
    for _, shape in parameters:
        size = math.prod(shape)
        out.append(w[at:at + size].reshape(shape))
        at += size
    return out


def cross_entropy(logits, labels):
    top = jnp.max(logits, axis=1, keepdims=True)
    log_p = logits - top - jnp.log(jnp.sum(jnp.exp(logits - top), axis=1, keepdims=True))
    return -jnp.mean(log_p[jnp.arange(labels.shape[0]), labels])


def mlp(w, x, y, averages=None):
    a0, b0, a1, b1 = unflatten(w, MLP_PARAMETERS)
    return cross_entropy(jnp.tanh(x @ a0 + b0) @ a1 + b1, y), ()


def batch_norm(x, scale, offset, averages):
    if averages is None:
        mean = jnp.mean(x, axis=(0, 1, 2))
        variance = jnp.mean((x - mean) ** 2, axis=(0, 1, 2))  # divided by n, also for the running average
    else:
        mean, variance = averages
    return scale * (x - mean) / jnp.sqrt(variance + BN_EPSILON) + offset, (mean, variance)


def convolve(x, kernel):
    return jax.lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def cnn(w, x, y, averages=None):
    averages0, averages1 = averages or (None, None)
    k0, s0, o0, k1, s1, o1, a, b = unflatten(w, CNN_PARAMETERS)
    h, statistics0 = batch_norm(convolve(x, k0), s0, o0, averages0)
    h, statistics1 = batch_norm(convolve(jnp.tanh(h), k1), s1, o1, averages1)
    h = jnp.mean(jnp.tanh(h), axis=(1, 2))
    return cross_entropy(h @ a + b, y), (statistics0, statistics1)


LOSS = {"mlp": mlp, "cnn": cnn}


class Objective:
    """Exact derivatives of one network's loss, for flat vectors."""

    def __init__(self, net):
        loss = LOSS[net]
        self.value_and_gradient = jax.jit(jax.value_and_grad(loss, has_aux=True))

        def hvp(w, v, x, y, averages):
            return jax.jvp(lambda u: jax.grad(loss, has_aux=True)(u, x, y, averages)[0], (w,), (v,))[1]

        def third(w, v, x, y, averages):  # d/ds of v' H(w + s v) v at s = 0
            return jax.jvp(lambda u: v @ hvp(u, v, x, y, averages), (w,), (v,))[1]

        self.hvp, self.third = jax.jit(hvp), jax.jit(third)


# ---------------------------------------------------------------------------------------------------------------------
# The algorithm.


def correct(form, alpha, g_adv, v):
    """The corrected gradient. v is None where there is no eigenvector yet."""
    if form == "explicit" or v is None:
        return g_adv
    c = float(g_adv @ v)
    if form == "projection":
        return g_adv - alpha * c * v
    if form == "oriented":
        return g_adv - alpha * abs(c) * v
    raise ValueError(form)


def ascent(config, g, w):
    """epsilon of SAM or of ASAM."""
    if not config["adaptive"]:
        return config["rho"] * g / np.linalg.norm(g)
    t = np.abs(w) + config["eta"]
    return config["rho"] * t * t * g / np.linalg.norm(t * g)


def align(v_new, v_old, record):
    """The first decision about the sign of an eigenvector."""
    agreement = float(v_new @ v_old)
    record["align_margin"] = abs(agreement)
    return -v_new if agreement < 0 else v_new


def orient(config, v, d3, record):
    """The second."""
    if config["correction"] != "oriented":
        return v
    record["turned"] = d3 > 0
    record["turn_margin"] = abs(d3) * config["probe_radius"] / abs(record["lambda"])
    return -v if d3 > 0 else v


def measure(h, v, d3, record):
    lam = float(v @ h)
    record["lambda"], record["d3"] = lam, d3
    record["residual"] = float(np.linalg.norm(h - lam * v) / abs(lam))


class Trajectory:
    def __init__(self, objective, net, config, w, v, dtype):
        self.objective, self.config, self.dtype = objective, config, dtype
        self.w, self.v = w.astype(dtype), v.astype(dtype)
        self.has_v = False  # whether v has been refreshed at all
        self.m = np.zeros_like(self.w)
        self.across = np.zeros_like(self.w)  # unit vector: what the last ascent found across its clean gradient
        self.last, self.every, self.last_lambda = None, config["refresh_every"], None
        channels = {name: shape for name, shape in PARAMETERS[net]}
        self.averages = [[np.zeros(channels[n + "/scale"], dtype), np.ones(channels[n + "/scale"], dtype)] for n in NORMS[net]]
        self.updates = 0

    def gradient(self, w, batch, first):
        """Loss and gradient at w. Only the first pass of a step writes the running averages."""
        (loss, statistics), g = self.objective.value_and_gradient(jnp.asarray(w), *batch)
        if first:
            self.updates += 1
            weight = max(1 - BN_MOMENTUM, 1 / self.updates)
            for average, now in zip(self.averages, statistics):
                for i in range(2):
                    average[i] = (average[i] + (np.asarray(now[i]) - average[i]) * weight).astype(self.dtype)
        return float(loss), np.asarray(g)

    def step(self, t, batch):
        config, w, record = self.config, self.w, {}
        k, a, r = config["refresh_every"], config["ascent_every"], config["probe_radius"]
        warming = t < config["warmup_refreshes"]
        refresh = k > 0 and (warming or t % k == 0)
        if config["refresh_most"] > 0 and not warming:
            refresh = self.last is None or t >= self.last + self.every
        alpha = 0.0 if warming else config["alpha"]
        if config["alpha_warmup"] > 0 and not warming:
            alpha *= min(1.0, (t - config["warmup_refreshes"] + 1) / config["alpha_warmup"])
        if t == 0 and not warming and config["refresh"] == "exact":
            refresh = False  # an exact refresh never falls on the first step
        if refresh and config["refresh"] == "exact":
            self.exact(batch, record)  # before the step's first pass writes the running averages
        if refresh and config["refresh"] == "pair":
            record["kind"] = "pair"
            g_adv = self.pair(batch, record)
        else:
            loss, g = self.gradient(w, batch, True)
            record["loss"] = loss
            if refresh and config["refresh"] == "three-point":
                self.three_point(g, batch, record)
            if a > 0 and t % a == 0:
                record["kind"] = "ascent"
                _, g_adv = self.gradient((w + ascent(config, g, w)).astype(self.dtype), batch, False)
                if config["reuse"] > 0:
                    across = g_adv - float(g_adv @ g) / float(g @ g) * g
                    self.across = (across / np.linalg.norm(across)).astype(self.dtype)
            else:
                record["kind"], g_adv = "plain", g
                if config["reuse"] > 0:
                    g_adv = (g + config["reuse"] * np.linalg.norm(g) * self.across).astype(self.dtype)
            record["refreshed"] = refresh
        if refresh and config["refresh_most"] > 0:
            self.adapt(t, record)
        v = self.v if self.has_v else None
        if v is not None:
            record["c"] = float(g_adv @ v)
            record["angle_deg"] = math.degrees(math.acos(record["c"] / np.linalg.norm(g_adv)))
        g_tilde = correct(config["correction"], alpha, g_adv, v)
        record["g_tilde_norm"] = float(np.linalg.norm(g_tilde))
        self.m = (MOMENTUM * self.m + g_tilde + WEIGHT_DECAY * w).astype(self.dtype)
        self.w = (w - LEARNING_RATE * self.m).astype(self.dtype)
        record["w_norm"] = float(np.linalg.norm(self.w))
        return record

    def adapt(self, t, record):
        """The interval to the next refresh."""
        config, lam = self.config, record["lambda"]
        if self.last_lambda is None:
            calm = False
        else:
            change = max(record["residual"], abs(lam - self.last_lambda) / abs(lam))
            record["calm_margin"] = abs(change - config["refresh_tolerance"])
            calm = change <= config["refresh_tolerance"]
        if t < config["warmup_refreshes"] - 1:
            self.every = config["refresh_every"]
        elif calm:
            self.every = min(2 * self.every, config["refresh_most"])
        else:
            self.every = max(self.every // 2, config["refresh_every"])
        self.last, self.last_lambda = t, lam
        record["interval"] = self.every

    def pair(self, batch, record):
        """New v from the gradients on either side of w along v, and g_adv from the same two."""
        config, w, v, r = self.config, self.w, self.v, self.config["probe_radius"]
        l_plus, g_plus = self.gradient((w + r * v).astype(self.dtype), batch, True)
        l_minus, g_minus = self.gradient((w - r * v).astype(self.dtype), batch, False)
        h = (g_plus - g_minus) / (2 * r)
        d3 = 3 / (2 * r * r) * (float(v @ (g_plus + g_minus)) - (l_plus - l_minus) / r)
        measure(h, v, d3, record)
        record["loss_plus"], record["loss_minus"] = l_plus, l_minus
        record["loss"] = (l_plus + l_minus) / 2 - r * r * record["lambda"] / 2
        self.keep(orient(config, align(h / np.linalg.norm(h), v, record), d3, record))
        if config["correction"] == "explicit" or config["side"] == "mean":
            return (g_plus + g_minus) / 2
        record["side"] = "+" if l_plus >= l_minus else "-"
        record["side_margin"] = abs(l_plus - l_minus)
        return g_plus if l_plus >= l_minus else g_minus

    def three_point(self, g, batch, record):
        """New v from gradients that serve nothing else. g is the gradient at w."""
        config, w, v, r = self.config, self.w, self.v, self.config["probe_radius"]
        _, g_plus = self.gradient((w + r * v).astype(self.dtype), batch, False)
        _, g_minus = self.gradient((w - r * v).astype(self.dtype), batch, False)
        h = (g_plus - g_minus) / (2 * r)
        d3 = float(v @ (g_plus - 2 * g + g_minus)) / (r * r)
        measure(h, v, d3, record)
        self.keep(orient(config, align(h / np.linalg.norm(h), v, record), d3, record))

    def exact(self, batch, record):
        """New v from Hessian products of the loss in evaluation mode, with the running averages as they are now."""
        config, w, v = self.config, self.w, self.v
        averages = [[jnp.asarray(x) for x in pair] for pair in self.averages]
        for _ in range(config["power_steps"]):
            h = np.asarray(self.objective.hvp(w, v, *batch, averages))
            measure(h, v, None, record)
            v = (h / np.linalg.norm(h)).astype(self.dtype)
        if config["correction"] == "oriented":  # the derivative of the curvature along the v just found, exactly
            record["d3"] = float(self.objective.third(w, v, *batch, averages))
            v = orient(config, v, record["d3"], record)
        self.keep(v)

    def keep(self, v):
        self.v, self.has_v = v.astype(self.dtype), True


# ---------------------------------------------------------------------------------------------------------------------
# The cases.


def case(name, **changes):
    config = dict(rho=0.1, alpha=1.0, adaptive=False, eta=0.01, ascent_every=1, refresh_every=0, warmup_refreshes=0,
                  probe_radius=0.2, refresh="pair", power_steps=0, correction="oriented",
                  alpha_warmup=0, reuse=0.0, refresh_most=0, refresh_tolerance=0.0, side="larger-loss")
    config.update(changes)
    if config["ascent_every"] == 0:  # what has no effect is 0
        config["rho"] = 0.0
    if config["refresh_every"] == 0:
        config["alpha"] = 0.0
    return name, config


XSAM = dict(ascent_every=1, refresh_every=5, warmup_refreshes=3)
LITE = dict(ascent_every=0, refresh_every=5, warmup_refreshes=3)
EVERY_OTHER = dict(ascent_every=2, refresh_every=3, warmup_refreshes=2)
EXPLICIT = dict(ascent_every=0, refresh_every=1, correction="explicit")
THREE_POINT = dict(XSAM, refresh="three-point")
ADAPTIVE = dict(refresh_every=2, refresh_most=8, refresh_tolerance=0.6, warmup_refreshes=2)
EXACT = dict(ascent_every=1, refresh_every=3, warmup_refreshes=2, refresh="exact", power_steps=5)

CASES = {
    "mlp": [
        case("sgd", ascent_every=0),
        case("sam"),
        case("asam", rho=0.5, adaptive=True),
        case("xsam oriented", **XSAM),
        case("xsam projection", **XSAM, correction="projection", alpha=0.5),
        case("xsam alpha 0", **XSAM, alpha=0.0),
        case("xsam adaptive", **XSAM, adaptive=True, rho=0.5, alpha=0.5),
        case("lite oriented", **LITE),
        case("lite projection", **LITE, correction="projection", alpha=2.0),
        case("ascent every 2, refresh every 3", **EVERY_OTHER, alpha=0.5),
        case("explicit", **EXPLICIT),
        case("three-point oriented", **THREE_POINT),
        case("exact oriented", **EXACT),
        case("looksam", ascent_every=3, reuse=0.7),
        case("xsam mean of the pair", **XSAM, side="mean", alpha=0.5),
        case("lite alpha rising", **LITE, alpha_warmup=8),
        case("lite adaptive interval", **dict(ADAPTIVE, refresh_every=1, refresh_most=4, refresh_tolerance=1.6), ascent_every=0),
    ],
    "cnn": [
        case("sam"),
        case("xsam oriented", **XSAM),
        case("lite oriented", **LITE),
        case("ascent every 2, refresh every 3, projection", **EVERY_OTHER, correction="projection", alpha=0.5),
        case("explicit", **EXPLICIT),
        case("three-point oriented", **THREE_POINT),
        case("exact oriented", **dict(EXACT, power_steps=2)),
        case("reuse, adaptive interval, mean, alpha rising", **ADAPTIVE, ascent_every=4, reuse=0.5, side="mean", alpha=0.8, alpha_warmup=5),
    ],
}


def run(objective, net, config, data, w, v, dtype):
    trajectory, steps, checkpoints = Trajectory(objective, net, config, w, v, dtype), [], []
    batches = [(jnp.asarray(x, dtype), jnp.asarray(y)) for x, y in data]
    for t in range(STEPS):
        steps.append(trajectory.step(t, batches[t % BATCHES]))
        if t + 1 in CHECKPOINTS:
            checkpoint = {"step": t + 1, "w": trajectory.w.tolist()}
            if trajectory.has_v:
                checkpoint["v"] = trajectory.v.tolist()
            if trajectory.averages:
                checkpoint["updates"] = trajectory.updates
                checkpoint["averages"] = [[x.tolist() for x in pair] for pair in trajectory.averages]
            checkpoints.append(checkpoint)
    return steps, checkpoints


def margins(steps):
    return [record[m] for record in steps for m in ("align_margin", "turn_margin", "side_margin", "calm_margin") if m in record]


def decisions(steps):
    return [(record["kind"], record.get("turned"), record.get("side"), record.get("interval")) for record in steps]


def make_case(objective, net, name, config, data, w):
    for seed in range(1000):
        v = np.random.default_rng([1, seed]).normal(size=w.size)
        v /= np.linalg.norm(v)
        steps, checkpoints = run(objective, net, config, data, w, v, np.float64)
        smallest = min(margins(steps), default=None)
        if smallest is not None and smallest < SMALLEST_MARGIN:
            continue
        steps32, checkpoints32 = run(objective, net, config, data, w, v, np.float32)
        if decisions(steps) != decisions(steps32):
            continue
        apart = max(np.max(np.abs(np.subtract(a["w"], b["w"]))) for a, b in zip(checkpoints, checkpoints32))
        print(f"{net:4} {name:45} v0 seed {seed:3}  smallest margin {smallest or math.nan:.4f}  float32 apart {apart:.1e}  "
              f"loss {steps[0]['loss']:.3f} to {steps[-1]['loss']:.3f}")
        assert apart < 2e-5, "in float32 this trajectory would not stay within the tolerance of the test"
        golden = {"name": name, "config": config, "v0_seed": seed, "steps": steps, "checkpoints": checkpoints}
        if config["refresh_every"] > 0:
            golden["v0"] = v.tolist()
            golden["smallest_margin"] = smallest
        return golden
    raise RuntimeError(f"{net}, {name}: no first v with margins above {SMALLEST_MARGIN}")


def make_network(net):
    rng = np.random.default_rng([2, len(net), len(PARAMETERS[net])])
    shape = (BATCH, 6) if net == "mlp" else (BATCH, 5, 4, 1)
    data = [(rng.normal(size=shape), rng.integers(0, CLASSES, size=BATCH)) for _ in range(BATCHES)]
    w = []
    for path, shape in PARAMETERS[net]:
        if path.endswith("weights"):  # a little below He normal, for tanh
            w.append(rng.normal(size=shape) * math.sqrt(1.5 / math.prod(shape[:-1])))
        else:
            w.append(rng.normal(size=shape) * 0.1 + (1.0 if path.endswith("scale") else 0.0))
    return data, np.concatenate([x.ravel() for x in w])


def self_check():
    """The known answers of the algorithm's description, on the quadratic with Hessian diag(1, 2, 5)."""
    h, w, e3 = np.diag([1.0, 2.0, 5.0]), np.array([1, -0.7, 0.4]), np.array([0, 0, 1.0])
    plain = dict(adaptive=False, rho=0.05)
    g_adv = h @ (w + ascent(plain, h @ w, w))
    assert np.allclose(g_adv, [1.0189524511, -1.4530668631, 2.1895245109], atol=1e-10)
    assert np.isclose(correct("projection", 0.2, g_adv, e3)[2], 1.7516196087, atol=1e-10)


def write(path, golden, cases):
    """One line a case, so that a change can be read."""
    head = json.dumps(golden)
    lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
    path.write_text(head[:-1] + ', "cases": [\n' + lines + "\n]}\n")


def main():
    self_check()
    for net, cases in CASES.items():
        data, w = make_network(net)
        objective = Objective(net)
        golden = {
            "net": net,
            "parameters": [{"path": path, "shape": shape} for path, shape in PARAMETERS[net]],
            "norms": NORMS[net],
            "learning_rate": LEARNING_RATE, "momentum": MOMENTUM, "weight_decay": WEIGHT_DECAY,
            "w0": w.tolist(),
            "batches": [{"shape": x.shape, "inputs": x.ravel().tolist(), "labels": y.tolist()} for x, y in data],
        }
        made = [make_case(objective, net, name, config, data, w) for name, config in cases]
        path = pathlib.Path(__file__).with_name(net + ".json")
        write(path, golden, made)
        print(path.name, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
