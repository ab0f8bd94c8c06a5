"""Reference trajectories of X-SAM as published, and of the lengths of the gradient, in float64, by PyTorch.

    python3 -m venv venv                  (outside the repository; made with Python 3.11)
    venv/bin/pip install numpy==2.4.6 torch==2.15.0
    venv/bin/python make_published.py     writes published.json beside this file; only the CPU is used

On 64-bit x86 Linux torch brings its CUDA libraries along, 6 GB on disk. Another build of torch may change last digits.

It follows the description of the algorithm, and shares no code with the Go module or with make_goldens.py. PyTorch
supplies the derivatives of the loss and nothing else; all parameters are one flat vector w, in the order of PARAMETERS,
each in row-major order.

The network has batch norm and dropout, because the published refresh measures the curvature of another function than the
one that is trained: the products of an exact refresh see the running averages, as they were when the step began, and no
dropout. Each batch carries its dropout mask (0 or 1/(1 - p) for each pooled feature), the same for all passes of a step.

A trajectory is 20 steps of SGD with momentum and weight decay on four batches in turn. Step t is step p of its epoch. Its
decisions that a rounding error could turn are recorded with margins

    align  |<v', v>|               a pair's new v is turned to agree with the old one (an exact refresh is never turned so)
    turn   |D3| r/|lambda|         v is turned so that the curvature falls along it
    side   |L+ - L-|               the side of a pair with the larger loss
    abs    |<h, v>|                the kink of the published correction, h being the gradient once its length is set

and the first v of each case is the first drawn, over seeds 0, 1, 2, ..., with which no margin is below 1e-3 and the same
code in float32 takes every decision alike and stays close; where v is turned by D3, it must be turned at some refreshes
and left at others, so that the oriented cases are not the published form again. The seed of the problem is one with
which the strongest published correction, alpha 2, leads to weights where a negative eigenvalue dominates: there five
products turn v at every refresh.
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F

torch.set_num_threads(1)

SMALLEST_MARGIN = 1e-3
CLOSE_W, CLOSE_MEASURED = 2e-5, 5e-4  # float32 against float64: weights and v; lambda, its derivative, residual, angle

# ---------------------------------------------------------------------------------------------------------------------
# The problem.

PARAMETERS = {  # path: shape; images are [batch, height, width, channels], kernels [height, width, in, out]
    "/conv0/weights": (3, 3, 1, 2), "/norm0/scale": (2,), "/norm0/offset": (2,),
    "/conv1/weights": (3, 3, 2, 3), "/norm1/scale": (3,), "/norm1/offset": (3,),
    "/dense/weights": (3, 3), "/dense/biases": (3,),
}
NORMS = {"/norm0": 2, "/norm1": 3}  # path: channels
SIZES = [math.prod(shape) for shape in PARAMETERS.values()]
IMAGES, CLASSES, FEATURES = (8, 5, 4, 1), 3, 3
BATCHES, STEPS, RECORDED = 4, 20, (1, 10, 20)
DROPOUT = 0.25
BN_EPSILON, BN_WEIGHT = 1e-5, 1 - 0.9
LR, MOMENTUM, DECAY = 0.05, 0.9, 5e-4


class Averages:
    """Running averages of batch norm: a mean and a variance for each layer."""

    def __init__(self, dtype):
        self.updates = 0
        self.layers = [(torch.zeros(n, dtype=dtype), torch.ones(n, dtype=dtype)) for n in NORMS.values()]

    def take_in(self, statistics):
        self.updates += 1
        weight = max(BN_WEIGHT, 1 / self.updates)
        self.layers = [tuple(old + (new - old) * weight for old, new in zip(*layer)) for layer in zip(self.layers, statistics)]


def forward(w, batch, averages):
    """Mean cross-entropy, and the batch statistics it used. With averages the network is in evaluation mode."""
    images, labels, mask = batch
    named = {path: part.reshape(shape) for (path, shape), part in zip(PARAMETERS.items(), w.split(SIZES))}
    x, statistics = images.permute(0, 3, 1, 2), []
    for i in range(2):
        x = F.conv2d(x, named[f"/conv{i}/weights"].permute(3, 2, 0, 1), padding=1)
        if averages is None:
            mean = x.mean(dim=(0, 2, 3))
            variance = (x - mean[:, None, None]).square().mean(dim=(0, 2, 3))
            statistics.append((mean.detach(), variance.detach()))
        else:
            mean, variance = averages.layers[i]
        x = (x - mean[:, None, None]) / (variance + BN_EPSILON).sqrt()[:, None, None]
        x = torch.tanh(x * named[f"/norm{i}/scale"][:, None, None] + named[f"/norm{i}/offset"][:, None, None])
    features = x.mean(dim=(2, 3))
    if averages is None:
        features = features * mask
    logits = features @ named["/dense/weights"] + named["/dense/biases"]
    chosen = logits.gather(1, labels[:, None])[:, 0]
    return (torch.logsumexp(logits, dim=1) - chosen).mean(), statistics


def gradient(w, batch, averages_to_write=None):
    """Loss and gradient in training mode."""
    at = w.detach().requires_grad_()
    loss, statistics = forward(at, batch, None)
    (g,) = torch.autograd.grad(loss, at)
    if averages_to_write is not None:
        averages_to_write.take_in(statistics)
    return loss.item(), g


def curvature(w, v, batch, averages, third=False):
    """H v of the loss in evaluation mode and, if asked for, the derivative of v'Hv along v."""
    at = w.detach().requires_grad_()
    (g,) = torch.autograd.grad(forward(at, batch, averages)[0], at, create_graph=True)
    (hv,) = torch.autograd.grad(g @ v, at, create_graph=third)
    if not third:
        return hv
    (slope,) = torch.autograd.grad(hv @ v, at)
    return hv.detach(), (slope @ v).item()


def length(x):
    return torch.linalg.vector_norm(x).item()


# ---------------------------------------------------------------------------------------------------------------------
# The algorithm.


def set_length(form, g_adv, clean_length):
    """The gradient as the correction finds it."""
    scale = {"as-is": 1.0, "unit": 1 / length(g_adv), "clean": clean_length / length(g_adv)}[form]
    return scale * g_adv


def correct(form, alpha, h, v):
    c = (h @ v).item()
    if form in ("oriented", "paper"):  # they differ in the sign of v only
        return h - alpha * abs(c) * v
    if form == "projection":
        return h - alpha * c * v
    assert form == "explicit"
    return h


def sam_point(w, g, rho):
    return w + rho * g / length(g)


class Run:
    def __init__(self, config, w, v, dtype):
        assert not config["adaptive"] and config["reuse"] == config["alpha_warmup"] == config["refresh_most"] == 0
        self.config = config
        self.w, self.draw = w.to(dtype), v.to(dtype)
        self.v = None  # the eigenvector, from the first refresh on
        self.m = torch.zeros_like(self.w)
        self.averages = Averages(dtype)
        self.begun = config["refresh_every"] == 0  # whether lengths are set yet: from the first refresh on, if there is to be one

    def due(self, t):
        """Whether step t refreshes v."""
        config = self.config
        if config["refresh_every"] == 0:
            return False
        if t < config["warmup_refreshes"]:
            return True
        p = t % config["epoch_steps"] if config["epoch_steps"] > 0 else t
        return p % config["refresh_every"] == 0 and (p > 0 or config["refresh"] == "pair")

    def step(self, t, batch):
        config, record = self.config, {}
        alpha = 0.0 if t < config["warmup_refreshes"] else config["alpha"]
        due = self.due(t)
        self.begun = self.begun or due
        pair = due and config["refresh"] == "pair"
        products = due and not pair and config["alpha"] != 0  # an exact refresh serves the correction alone
        if products:
            self.exact(batch, record)
        g_adv, clean_length = self.pair(batch, record) if pair else self.plain_or_ascent(t, batch, record)
        record["refreshed"] = pair or products
        h = set_length(config["length"], g_adv, clean_length) if self.begun else g_adv
        if self.v is not None:
            c = (g_adv @ self.v).item()
            record["c"], record["angle_deg"] = c, math.degrees(math.acos(c / length(g_adv)))
            if config["correction"] == "paper" and alpha > 0:
                record["abs_margin"] = abs((h @ self.v).item())
            h = correct(config["correction"], alpha, h, self.v)
        record["g_tilde_norm"] = length(h)
        self.m = MOMENTUM * self.m + h + DECAY * self.w
        self.w = self.w - LR * self.m
        record["w_norm"] = length(self.w)
        return record

    def plain_or_ascent(self, t, batch, record):
        a = self.config["ascent_every"]
        if self.config["ascent_along"] == "motion":  # there before the step: one gradient, at w - rho m/|m|, where w is going
            record["kind"] = "ascent"
            at = self.w - self.config["rho"] * self.m / length(self.m) if length(self.m) > 0 else self.w
            record["loss"], g = gradient(at, batch, self.averages)
            return g, math.nan  # there is no clean gradient
        record["loss"], g = gradient(self.w, batch, self.averages)
        if a == 0 or t % a != 0:
            record["kind"] = "plain"
            return g, length(g)
        record["kind"] = "ascent"
        return gradient(sam_point(self.w, g, self.config["rho"]), batch)[1], length(g)

    def exact(self, batch, record):
        """Power iteration by exact products, before the step writes the running averages. No sign is looked at."""
        v = self.draw if self.v is None else self.v
        for _ in range(self.config["power_steps"]):
            before, hv = v, curvature(self.w, v, batch, self.averages)
            v = hv / length(hv)
        self.measured(before, hv, record)
        if self.config["correction"] == "oriented":
            _, record["d3"] = curvature(self.w, v, batch, self.averages, third=True)
            v = self.downhill(v, record)
        self.v = v

    def pair(self, batch, record):
        """A new v, and a gradient at a perturbed point, from the gradients at w + r v and w - r v."""
        v, r = self.draw if self.v is None else self.v, self.config["probe_radius"]
        up, g_up = gradient(self.w + r * v, batch, self.averages)
        down, g_down = gradient(self.w - r * v, batch)
        hv = (g_up - g_down) / (2 * r)
        self.measured(v, hv, record)
        record["kind"] = "pair"
        record["d3"] = 3 / (2 * r**2) * ((v @ (g_up + g_down)).item() - (up - down) / r)
        record["loss_plus"], record["loss_minus"] = up, down
        record["loss"] = (up + down) / 2 - r**2 * record["lambda"] / 2
        new = hv / length(hv)
        agreement = (new @ v).item()
        record["align_margin"] = abs(agreement)
        if agreement < 0:
            new = -new
        if self.config["correction"] == "oriented":
            new = self.downhill(new, record)
        self.v = new
        mean = (g_up + g_down) / 2
        if self.config["correction"] == "explicit":
            return mean, length(mean)
        record["side"], record["side_margin"] = "+" if up >= down else "-", abs(up - down)
        return g_up if up >= down else g_down, length(mean)

    def measured(self, v, hv, record):
        lam = (v @ hv).item()
        record["lambda"], record["residual"] = lam, length(hv - lam * v) / abs(lam)

    def downhill(self, v, record):
        """v or -v, whichever the curvature falls along."""
        record["turned"] = record["d3"] > 0
        record["turn_margin"] = abs(record["d3"]) * self.config["probe_radius"] / abs(record["lambda"])
        return -v if record["turned"] else v


# ---------------------------------------------------------------------------------------------------------------------
# The cases.

COMMON = {
    "rho": 0.1, "alpha": 0.5, "adaptive": False, "eta": 0.01, "ascent_every": 1, "ascent_along": "gradient", "refresh_every": 0, "warmup_refreshes": 0,
    "probe_radius": 0.2, "refresh": "pair", "power_steps": 0, "correction": "oriented", "alpha_warmup": 0, "reuse": 0.0,
    "refresh_most": 0, "refresh_tolerance": 0.0, "side": "larger-loss", "length": "as-is", "epoch_steps": 0,
}
PUBLISHED = {"rho": 0.05, "alpha": 0.2, "refresh_every": 3, "epoch_steps": 7, "refresh": "exact", "power_steps": 5,
             "correction": "paper", "length": "unit"}
PAIRS = {"refresh_every": 5, "warmup_refreshes": 3}

CASES = {
    "published": PUBLISHED,
    "published, strong": {**PUBLISHED, "alpha": 1.5, "epoch_steps": 0, "rho": 0.1},
    "published, negative curvature": {**PUBLISHED, "alpha": 2.0, "epoch_steps": 0},
    "nsam": {**PUBLISHED, "alpha": 0.0},
    "ssam": {"length": "clean"},
    "sam unit": {"length": "unit"},
}
for _length in ("unit", "clean"):
    for _form in ("oriented", "projection", "paper"):
        CASES[f"{_form} {_length}"] = {**PAIRS, "correction": _form, "length": _length}
    CASES[f"explicit {_length}"] = {"ascent_every": 0, "refresh_every": 1, "correction": "explicit", "length": _length}
CASES["exact oriented unit"] = {"refresh_every": 3, "warmup_refreshes": 2, "refresh": "exact", "power_steps": 3, "length": "unit"}
CASES["msam"] = {"ascent_along": "motion"}
CASES["lite along the motion"] = {**PAIRS, "ascent_along": "motion", "correction": "oriented"}
CASES["lite unit"] = {**PAIRS, "ascent_every": 0, "length": "unit"}


for _name, _changes in CASES.items():
    CASES[_name] = {**COMMON, **_changes}
    if CASES[_name]["ascent_every"] == 0:  # what has no effect is 0
        CASES[_name]["rho"] = 0.0
    if CASES[_name]["refresh_every"] == 0:
        CASES[_name]["alpha"] = 0.0


def follow(config, problem, v, dtype):
    w, batches = problem
    batches = [(x.to(dtype), y, mask.to(dtype)) for x, y, mask in batches]
    run, steps, checkpoints = Run(config, w, v, dtype), [], []
    for t in range(STEPS):
        steps.append(run.step(t, batches[t % BATCHES]))
        if t + 1 in RECORDED:
            checkpoint = {"step": t + 1, "w": run.w.tolist()}
            if run.v is not None:
                checkpoint["v"] = run.v.tolist()
            checkpoint["updates"] = run.averages.updates
            checkpoint["averages"] = [[mean.tolist(), variance.tolist()] for mean, variance in run.averages.layers]
            checkpoints.append(checkpoint)
    return steps, checkpoints


def decisions(steps):
    return [(s["kind"], s["refreshed"], s.get("turned"), s.get("side")) for s in steps]


def furthest(one, other, keys, relative):
    """The largest difference between two lists of records, in the entries named."""
    largest = 0.0
    for a, b in zip(one, other):
        for key in keys:
            for x, y in zip(*(z if isinstance(z, list) else [z] for z in (a[key], b[key]))) if key in a else ():
                largest = max(largest, abs(x - y) / (max(1.0, abs(x)) if relative else 1.0))
    return largest


def golden_case(name, config, problem):
    for seed in range(1000):
        v = torch.randn(sum(SIZES), dtype=torch.float64, generator=torch.Generator().manual_seed(1000 + seed))
        v = v / length(v)
        steps, checkpoints = follow(config, problem, v, torch.float64)
        margins = {key: min(s[key] for s in steps if key in s) for key in ("align_margin", "turn_margin", "side_margin", "abs_margin")
                   if any(key in s for s in steps)}
        if min(margins.values(), default=1.0) < SMALLEST_MARGIN:
            continue
        if len({s["turned"] for s in steps if "turned" in s}) == 1:
            continue
        steps32, checkpoints32 = follow(config, problem, v, torch.float32)
        if decisions(steps) != decisions(steps32):
            continue
        apart = furthest(checkpoints, checkpoints32, ("w", "v"), False)
        measured = furthest(steps, steps32, ("lambda", "d3", "residual", "angle_deg"), True)
        if apart > CLOSE_W or measured > CLOSE_MEASURED:
            continue
        lambdas = [s["lambda"] for s in steps if "lambda" in s]
        print(f"{name:30} v0 seed {seed:3}  " + "  ".join(f"{k[:-7]} {m:.4f}" for k, m in margins.items())
              + f"  float32 apart {apart:.0e}, {measured:.0e}  loss {steps[0]['loss']:.3f} to {steps[-1]['loss']:.3f}"
              + (f"  lambda {min(lambdas):.2f} to {max(lambdas):.2f}" if lambdas else ""))
        if "negative curvature" in name:
            assert min(lambdas) < 0
        case = {"name": name, "config": config, "v0_seed": seed, "steps": steps, "checkpoints": checkpoints}
        if lambdas:
            case["v0"], case["smallest_margin"] = v.tolist(), min(margins.values(), default=None)
        return case
    raise RuntimeError(f"{name}: no first v will do")


def make_problem():
    draw = torch.Generator().manual_seed(47)
    normal = lambda *shape: torch.randn(shape, dtype=torch.float64, generator=draw)
    batches = []
    for _ in range(BATCHES):
        labels = torch.randint(CLASSES, (IMAGES[0],), generator=draw)
        kept = torch.rand((IMAGES[0], FEATURES), dtype=torch.float64, generator=draw) >= DROPOUT
        batches.append((normal(*IMAGES), labels, kept.double() / (1 - DROPOUT)))
    parts = []
    for path, shape in PARAMETERS.items():
        if path.endswith("/weights"):
            parts.append(normal(*shape) * math.sqrt(1.5 / math.prod(shape[:-1])))
        else:
            parts.append(normal(*shape) * 0.1 + (1 if path.endswith("/scale") else 0))
    return torch.cat([p.flatten() for p in parts]), batches


def self_check(problem):
    """Known answers on the quadratic with Hessian diag(1, 2, 5), and the derivatives against differences of the loss."""
    vector = lambda *x: torch.tensor(x, dtype=torch.float64)
    near = lambda a, b, tol: torch.testing.assert_close(a, b, rtol=0, atol=tol)
    hessian, w, e3 = vector(1, 2, 5), vector(1, -0.7, 0.4), vector(0, 0, 1)
    g_adv = hessian * sam_point(w, hessian * w, 0.05)
    near(g_adv, vector(1.0189524511, -1.4530668631, 2.1895245109), 1e-10)
    near(correct("projection", 0.2, g_adv, e3)[2], vector(1.7516196087)[0], 1e-10)
    unit = set_length("unit", g_adv, length(hessian * w))
    near(correct("paper", 0.2, unit, e3), vector(0.3615288099, -0.5155545120, 0.6214823388), 1e-10)
    near(correct("paper", 0.2, unit, -e3)[2], vector(0.9322235083)[0], 1e-10)
    near(correct("paper", 0.2, unit, vector(1, 2, 2) / 3), vector(0.3418815736, -0.5548489846, 0.7375584510), 1e-10)

    w, batches = problem
    v = torch.ones_like(w) / math.sqrt(len(w))
    s = 1e-3
    for averages in (None, Averages(torch.float64)):
        loss = lambda x: forward(w + x * v, batches[0], averages)[0].item()
        if averages is None:
            slope = (gradient(w, batches[0])[1] @ v).item()
            assert abs(slope - (8 * (loss(s) - loss(-s)) - (loss(2 * s) - loss(-2 * s))) / (12 * s)) < 1e-9
        else:
            hv, d3 = curvature(w, v, batches[0], averages, third=True)
            assert abs((v @ hv).item() - (loss(s) - 2 * loss(0) + loss(-s)) / s**2) < 1e-4
            s = 1e-2
            assert abs(d3 - (loss(2 * s) - 2 * loss(s) + 2 * loss(-s) - loss(-2 * s)) / (2 * s**3)) < 1e-2


def main():
    problem = make_problem()
    self_check(problem)
    w, batches = problem
    head = {
        "net": "published",
        "parameters": [{"path": path, "shape": shape} for path, shape in PARAMETERS.items()],
        "norms": list(NORMS),
        "learning_rate": LR, "momentum": MOMENTUM, "weight_decay": DECAY,
        "w0": w.tolist(),
        "batches": [{"shape": IMAGES, "inputs": x.flatten().tolist(), "labels": y.tolist(), "mask": mask.flatten().tolist()}
                    for x, y, mask in batches],
    }
    cases = [golden_case(name, {**COMMON, **changes}, problem) for name, changes in CASES.items()]
    path = pathlib.Path(__file__).with_name("published.json")
    one_line_each = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    path.write_text(json.dumps(head, separators=(",", ":"))[:-1] + ',"cases":[\n' + one_line_each + "\n]}\n")
    print(path.name, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
