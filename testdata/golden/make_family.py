"""Reference trajectories of SAM's relatives, in float64, by PyTorch: GSAM, F-SAM, Eigen-SAM, SAM late in training, SAM on
the norms alone, and what these make together with pairs and corrections.

    python3 -m venv venv                  (outside the repository; made with Python 3.11)
    venv/bin/pip install numpy==2.4.6 torch==2.15.0
    venv/bin/python make_family.py        writes family.json beside this file; only the CPU is used

It follows the published formulas, as docs/algorithm.md says them, and shares no code with the Go module. The problem, its
derivatives, the pair step, the exact refresh and the choice of a first v are those of make_published.py, beside this
file; so are the margins, with one more for a decision that Eigen-SAM takes,

    lean   |<g, v>|/|g|            the side of v that the ascent leans to
"""

import json
import math
import pathlib

import torch

import make_published as published
from make_published import DECAY, LR, MOMENTUM, NORMS, PARAMETERS, SIZES, correct, gradient, length, set_length


def mask(which):
    """1 for the entries of w that the ascent moves, 0 for the others."""
    entries = []
    for (path, shape), size in zip(PARAMETERS.items(), SIZES):
        norm = path.startswith("/norm")
        moved = {"all": True, "weights": len(shape) >= 2, "norms": norm}[which]
        entries.append(torch.full((size,), float(moved), dtype=torch.float64))
    return torch.cat(entries)


class Run(published.Run):
    def __init__(self, config, w, v, dtype):
        super().__init__({**config, "adaptive": False}, w, v, dtype)
        self.config = config
        self.mean = None  # the running average of the gradients
        self.smooth, self.stronger = None, 1.0  # lambda, and what radius and correction are multiplied by
        self.radius = config["probe_radius"]

    def within(self, t):
        return t >= self.config["from_step"] and (self.config["to_step"] == 0 or t < self.config["to_step"])

    def due(self, t):
        config = self.config
        if not self.within(t) or config["refresh_every"] == 0:
            return False
        if t < config["from_step"] + config["warmup_refreshes"]:
            return True
        return t % config["refresh_every"] == 0 and (t > 0 or config["refresh"] == "pair")

    def step(self, t, batch):
        config, record = self.config, {}
        if self.within(t):
            update = self.sharp(t, batch, record)
        else:
            record["kind"], record["refreshed"] = "plain", False
            record["loss"], update = gradient(self.w, batch, self.averages)
        self.m = MOMENTUM * self.m + update + DECAY * self.w
        self.w = self.w - LR * self.m
        record["w_norm"] = length(self.w)
        return record

    def sharp(self, t, batch, record):
        """The corrected gradient of a step in the phase."""
        config = self.config
        alpha = 0.0 if t < config["from_step"] + config["warmup_refreshes"] else config["alpha"]
        bound, stronger = float(config["max_lambda"]), self.stronger
        alpha = min(alpha * stronger, 1.0) if bound > 0 and config["alpha"] < 1 else alpha
        if bound > 0 and config["ascent_every"] == 0:
            self.config = {**config, "probe_radius": self.radius * stronger}
        record["refreshed"] = self.due(t)
        if record["refreshed"] and config["refresh"] == "exact":
            self.exact(batch, record)
        if record["refreshed"] and config["refresh"] == "pair":
            g_adv, g = self.both_sides(batch, record)
        else:
            g_adv, g = self.ascend(t, batch, record)
        if config["less_average"] > 0:
            keep = config["average_decay"]
            self.mean = g if self.mean is None else keep * self.mean + (1 - keep) * g
        if bound > 0 and record["refreshed"] and record["lambda"] >= 0:  # else the largest eigenvalue is not known
            now = record["lambda"] * math.sqrt(1 + record["residual"] ** 2)  # |Hv|
            self.smooth = now if self.smooth is None else 0.8 * self.smooth + 0.2 * now
            self.stronger = min(max(self.stronger * (self.smooth / (0.85 * bound)) ** 0.1, 1.0), 4.0 if config["ascent_every"] == 0 else 16.0)
        h = g_adv
        if config["length"] != "as-is":
            h = set_length(config["length"], g_adv, length(g))
        if self.v is not None:
            c = (g_adv @ self.v).item()
            record["c"], record["angle_deg"] = c, math.degrees(math.acos(c / length(g_adv)))
        if config["correction"] == "surrogate-gap":
            across = g - (g @ h) / (h @ h) * h
            return h - alpha * across
        if config["bound"] != "none" and self.v is not None:
            c = (h @ self.v).item()
            most = math.inf if c <= 0 else min(c, length(h) / 4) if config["bound"] == "quarter" else c
            return h - min(alpha * abs(c), most) * self.v
        return h if self.v is None else correct(config["correction"], alpha, h, self.v)

    def both_sides(self, batch, record):
        """make_published's pair step, and the mean of the pair, which stands for the clean gradient."""
        v, r = self.draw if self.v is None else self.v, self.config["probe_radius"]
        mean = (gradient(self.w + r * v, batch)[1] + gradient(self.w - r * v, batch)[1]) / 2
        g_adv, _ = self.pair(batch, record)
        return g_adv, mean

    def ascend(self, t, batch, record):
        config, g = self.config, None
        record["kind"] = "ascent"
        if config["ascent_along"] != "gradient":  # the base moves w along -m
            d = -self.m if config["ascent_along"] == "motion" else self.m
        else:
            record["loss"], g = gradient(self.w, batch, self.averages)
            d = g if self.mean is None else g - config["less_average"] * self.mean
        if config["mix_v"] > 0 and self.v is not None and length(d) > 0:
            unit = d / length(d)
            along = (unit @ self.v).item()
            record["lean_margin"] = abs(along)
            d = unit + config["mix_v"] * math.copysign(1.0, along) * (self.v - along * unit)
        d = mask(config["ascent_of"]).to(d.dtype) * d
        t_units = torch.ones_like(d)
        if config["adaptive"]:
            t_units = self.w.abs() + config["eta"]
        size = length(t_units * d)
        eps = self.stronger * config["rho"] * t_units * t_units * d / size if size > 0 else 0 * d
        if config["ascent_along"] != "gradient":
            record["loss"], g_adv = gradient(self.w + eps, batch, self.averages)
            return g_adv, None
        return gradient(self.w + eps, batch)[1], g


NEW = {"from_step": 0, "to_step": 0, "less_average": 0.0, "average_decay": 0.0, "mix_v": 0.0, "ascent_of": "all", "max_lambda": "0",
       "bound": "none"}
PAIRS = {"refresh_every": 5, "warmup_refreshes": 3}
FRIENDLY = {"less_average": 1.0, "average_decay": 0.9}

CASES = {
    "gsam": {"correction": "surrogate-gap", "alpha": 0.4},
    "gsam clean": {"correction": "surrogate-gap", "alpha": 0.4, "length": "clean"},
    "fsam": FRIENDLY,
    "fsam half": {"less_average": 0.5, "average_decay": 0.6},
    "fsam in asam's units": {**FRIENDLY, "adaptive": True, "rho": 0.5},
    "fsam with oriented pairs": {**PAIRS, **FRIENDLY, "alpha": 0.5},
    "eigensam": {**PAIRS, "mix_v": 0.2, "alpha": 0.0},
    "eigensam exact": {"refresh": "exact", "refresh_every": 3, "power_steps": 5, "mix_v": 0.2, "alpha": 0.0,
                       "correction": "projection"},
    "eigensam and fsam, oriented": {**PAIRS, **FRIENDLY, "mix_v": 0.5, "alpha": 0.5},
    "eigensam and gsam": {**PAIRS, "mix_v": 0.5, "correction": "surrogate-gap", "alpha": 0.4},
    "msam leaning": {**PAIRS, "ascent_along": "motion", "mix_v": 0.5, "alpha": 0.0},
    "up the momentum": {"ascent_along": "momentum"},
    "late-sam": {"from_step": 8},
    "sam in between": {"from_step": 5, "to_step": 14},
    "late fsam": {**FRIENDLY, "from_step": 7},
    "late oriented": {**PAIRS, "from_step": 6, "alpha": 0.5},
    "under a bound": {**PAIRS, "alpha": 0.5, "max_lambda": "0.5"},
    "pairs under a bound": {"refresh_every": 1, "warmup_refreshes": 3, "ascent_every": 0, "rho": 0.0, "alpha": 0.5, "max_lambda": "0.5"},
    "without a climb": {**PAIRS, "alpha": 1.5, "bound": "no-climb"},
    "at most a quarter": {**PAIRS, "alpha": 1.5, "bound": "quarter"},
    "sam on norms": {"ascent_of": "norms"},
    "sam on weights": {"ascent_of": "weights"},
    "asam on norms": {"ascent_of": "norms", "adaptive": True, "rho": 0.5},
}


def follow(config, problem, v, dtype):
    w, batches = problem
    batches = [(x.to(dtype), y, kept.to(dtype)) for x, y, kept in batches]
    run, steps, checkpoints = Run(config, w, v, dtype), [], []
    for t in range(published.STEPS):
        steps.append(run.step(t, batches[t % published.BATCHES]))
        if t + 1 in published.RECORDED:
            checkpoint = {"step": t + 1, "w": run.w.tolist()}
            if run.v is not None:
                checkpoint["v"] = run.v.tolist()
            checkpoint["updates"] = run.averages.updates
            checkpoint["averages"] = [[mean.tolist(), variance.tolist()] for mean, variance in run.averages.layers]
            checkpoints.append(checkpoint)
    return steps, checkpoints


def golden_case(name, config, problem):
    for seed in range(1000):
        v = torch.randn(sum(SIZES), dtype=torch.float64, generator=torch.Generator().manual_seed(1000 + seed))
        v = v / length(v)
        steps, checkpoints = follow(config, problem, v, torch.float64)
        kinds = ("align_margin", "turn_margin", "side_margin", "lean_margin")
        margins = {key: min(s[key] for s in steps if key in s) for key in kinds if any(key in s for s in steps)}
        if min(margins.values(), default=1.0) < published.SMALLEST_MARGIN:
            continue
        if len({s["turned"] for s in steps if "turned" in s}) == 1:
            continue
        steps32, checkpoints32 = follow(config, problem, v, torch.float32)
        if published.decisions(steps) != published.decisions(steps32):
            continue
        apart = published.furthest(checkpoints, checkpoints32, ("w", "v"), False)
        measured = published.furthest(steps, steps32, ("lambda", "d3", "residual", "angle_deg"), True)
        if apart > published.CLOSE_W or measured > published.CLOSE_MEASURED:
            continue
        print(f"{name:30} v0 seed {seed:3}  " + "  ".join(f"{k[:-7]} {m:.4f}" for k, m in margins.items())
              + f"  float32 apart {apart:.0e}, {measured:.0e}  loss {steps[0]['loss']:.3f} to {steps[-1]['loss']:.3f}")
        case = {"name": name, "config": config, "v0_seed": seed, "steps": steps, "checkpoints": checkpoints}
        if any("lambda" in s for s in steps):
            case["v0"] = v.tolist()
        return case
    raise RuntimeError(f"{name}: no first v will do")


def self_check():
    """Known answers: GSAM's gradient and Eigen-SAM's ascent in the plane, SAM where the new parts are 0."""
    vector = lambda *x: torch.tensor(x, dtype=torch.float64)
    h, g = vector(3, 4), vector(1, 0)  # g across h is (0.64, -0.48)
    across = g - (g @ h) / (h @ h) * h
    torch.testing.assert_close(h - 0.5 * across, vector(2.68, 4.24), rtol=0, atol=1e-14)
    assert [int(mask(which).sum()) for which in ("all", "weights", "norms")] == [sum(SIZES), 18 + 54 + 9, 2 * sum(NORMS.values())]
    problem = published.make_problem()
    sam = {**published.COMMON, **NEW, "alpha": 0.0}
    v = torch.ones(sum(SIZES), dtype=torch.float64)
    ours = follow(sam, problem, v, torch.float64)[1]
    theirs = published.follow({**published.COMMON, "alpha": 0.0}, problem, v, torch.float64)[1]
    assert ours == theirs


def main():
    self_check()
    problem = published.make_problem()
    w, batches = problem
    head = {
        "net": "family",
        "parameters": [{"path": path, "shape": shape} for path, shape in PARAMETERS.items()],
        "norms": list(NORMS),
        "learning_rate": LR, "momentum": MOMENTUM, "weight_decay": DECAY,
        "w0": w.tolist(),
        "batches": [{"shape": published.IMAGES, "inputs": x.flatten().tolist(), "labels": y.tolist(), "mask": kept.flatten().tolist()}
                    for x, y, kept in batches],
    }
    cases = []
    for name, changes in CASES.items():
        config = {**published.COMMON, "alpha": 0.0, **NEW, **changes}
        cases.append(golden_case(name, config, problem))
    path = pathlib.Path(__file__).with_name("family.json")
    one_line_each = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    path.write_text(json.dumps(head, separators=(",", ":"))[:-1] + ',"cases":[\n' + one_line_each + "\n]}\n")
    print(path.name, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
