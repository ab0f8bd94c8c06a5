"""Steps of SGD, SAM and X-SAM as published in PyTorch, in the default and the channels-last layout."""

import torch
import torch.nn.functional as F

import torch_models
import turns


def norm(tensors):
    return torch.linalg.vector_norm(torch.stack(torch._foreach_norm(tensors)))


class Trainer:
    """A model with its batch; a step of each method."""

    def __init__(self, s, channels_last):
        torch.manual_seed(0)
        self.setting = s
        self.device = torch.device(s["device"])
        self.half = s["dtype"] == "bfloat16"
        self.model = torch_models.build(s["model"], s["image"], s["classes"]).train().to(self.device)
        height, width, channels = s["image"]
        self.x = torch.randn(s["batch"], channels, height, width, device=self.device)
        self.y = torch.randint(s["classes"], (s["batch"],), device=self.device)
        if channels_last:
            self.model = self.model.to(memory_format=torch.channels_last)
            self.x = self.x.contiguous(memory_format=torch.channels_last)
        self.w = list(self.model.parameters())
        self.base = torch.optim.SGD(self.w, s["lr"], momentum=s["momentum"], weight_decay=s["weight_decay"])
        self.v, self.steps = None, 0  # of X-SAM as published

    def loss(self):
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
            logits = self.model(self.x)
        return F.cross_entropy(logits.float(), self.y)

    def gradient(self):
        return list(torch.autograd.grad(self.loss(), self.w))

    def update(self, g):
        for p, gp in zip(self.w, g):
            p.grad = gp
        self.base.step()
        if self.device.type == "cuda":
            torch.cuda.synchronize()

    def sgd(self, _):
        self.update(self.gradient())

    def sam(self, _):
        self.update(self.adversarial(self.gradient()))

    def xsam_paper(self, kind):
        """As the authors run it: SAM with the raw gradient up to the first refresh, which is not at step 0. From then on
        ĝ − alpha·|⟨ĝ, v⟩|·v, with the unit gradient ĝ = g_adv/‖g_adv‖ and v with the sign that comes out."""
        if kind == "refresh" and self.steps > 0:
            self.refresh()
        self.steps += 1
        g = self.adversarial(self.gradient())
        if self.v is not None:
            torch._foreach_div_(g, norm(g))
            c = sum(torch.sum(a * b) for a, b in zip(g, self.v))
            g = torch._foreach_sub(g, torch._foreach_mul(self.v, self.setting["alpha"] * c.abs()))
        self.update(g)

    def refresh(self):
        """Power steps with exact Hessian-vector products on the batch, each normalised, from the v before (at first a
        random one). All share one graph of the gradient. The model is in eval mode: batch norm takes running averages."""
        v = [torch.randn_like(p) for p in self.w] if self.v is None else self.v
        self.model.eval()
        g = torch.autograd.grad(self.loss(), self.w, create_graph=True)
        for _ in range(self.setting["power_steps"]):
            h = torch.autograd.grad(g, self.w, grad_outputs=v, retain_graph=True)
            v = list(torch._foreach_div(h, norm(h)))
        self.model.train()
        self.v = v

    def adversarial(self, g):
        """The gradient at w + rho g/‖g‖. Batch norm keeps the statistics of the first pass: momentum 0 leaves them alone."""
        before = [p.detach().clone() for p in self.w]
        with torch.no_grad():
            torch._foreach_add_(self.w, torch._foreach_mul(g, self.setting["rho"] / norm(g)))
        norms = [m for m in self.model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
        momenta = [m.momentum for m in norms]
        for m in norms:
            m.momentum = 0.0
        adversarial = self.gradient()
        for m, momentum in zip(norms, momenta):
            m.momentum = momentum
        with torch.no_grad():
            torch._foreach_copy_(self.w, before)
        return adversarial


def main():
    s = turns.setting()
    torch.set_num_threads(turns.cpus())
    torch.backends.cudnn.benchmark = True  # on a GPU try algorithms while warming up, as XLA does when it compiles
    layouts = {"": False} if s["model"] == "mlp" else {"": False, ", channels last": True}
    parameters = sum(p.numel() for p in torch_models.build(s["model"], s["image"], s["classes"]).parameters())
    methods = {}
    for layout, channels_last in layouts.items():
        for name, cycle in [("sgd", ("plain",)), ("sam", ("plain",)), ("xsam_paper", ("refresh",) + ("plain",) * (s["refresh_every"] - 1))]:
            method = name.replace("_", "-")
            if method not in s["methods"]:
                continue
            trainer = Trainer(s, channels_last)
            methods[method + layout] = turns.Method(getattr(trainer, name), cycle)
    turns.serve("PyTorch " + torch.__version__, parameters, methods, s["steps"])


main()
