# Makes the networks, the data and the golden numbers of this folder: python -B make.py, with torch, onnx and onnxscript.
# Images are standardised as the command does it: minus the mean of the training images, over their deviation.
import json
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from strip import strip

torch.manual_seed(0)
random = np.random.default_rng(0)


def images(n):
    y = np.arange(n) % 3
    x = random.normal(60, 50, (n, 8, 8, 1))
    for i in range(n):
        x[i, 2 * y[i]:2 * y[i] + 4, 1:7] += 50
    return x.clip(0, 255).astype(np.uint8), y.astype(np.uint8)


x_train, y_train = images(96)
x_test, y_test = images(48)
np.savez_compressed("shapes.npz", x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
mean, std = x_train.astype(np.float64).mean(), x_train.astype(np.float64).std()
tensor = lambda x: torch.tensor(((x.astype(np.float64) - mean) / std).astype(np.float32).transpose(0, 3, 1, 2))
X, Y, XT, YT = tensor(x_train), torch.tensor(y_train).long(), tensor(x_test), torch.tensor(y_test).long()


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3, padding=1)
        self.conv2 = nn.Conv2d(4, 6, 2, stride=2)  # an even kernel
        self.fc = nn.Linear(24, 3)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = torch.relu(self.conv2(x))
        return self.fc(torch.flatten(x, 1))


class BN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(4)
        self.drop = nn.Dropout(0.25)
        self.fc = nn.Linear(16, 3)

    def forward(self, x):
        x = F.avg_pool2d(torch.relu(self.bn(self.conv(x))), 4)
        return self.fc(self.drop(x.reshape(x.size(0), -1)))


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(64, 8)
        self.norm = nn.LayerNorm(8)
        self.out = nn.Linear(8, 3)

    def forward(self, x):
        return self.out(F.gelu(self.norm(self.hidden(x))))


def export(net, name, x, **more):
    torch.onnx.export(net, (x[:2],), name, input_names=["image"], **more)
    strip(name)


def trace(net, name, x, **more):
    export(net, name, x, dynamo=False, output_names=["logits"],
           dynamic_axes={"image": {0: "n"}, "logits": {0: "n"}}, **more)


def dense_hessian(net, x, y):
    net = net.double()
    names = [n for n, _ in net.named_parameters()]
    shapes = [p.shape for p in net.parameters()]
    flat = torch.cat([p.detach().reshape(-1) for p in net.parameters()])

    def loss(w):
        parts, at = {}, 0
        for n, s in zip(names, shapes):
            parts[n] = w[at:at + s.numel()].view(s)
            at += s.numel()
        return F.cross_entropy(torch.func.functional_call(net, parts, (x.double(),)), y)

    values = torch.linalg.eigvalsh(torch.autograd.functional.hessian(loss, flat)).flip(0)
    return [v.item() for v in values[:3]], loss(flat).item()


def train(net, steps, lr=0.1):
    losses = []
    for _ in range(steps):
        loss = F.cross_entropy(net(X.to(next(net.parameters()).dtype)), Y)
        net.zero_grad()
        loss.backward()
        with torch.no_grad():
            for p in net.parameters():
                if p.requires_grad:
                    p -= lr * p.grad
        losses.append(loss.item())
    return losses


def accuracy(net):
    net.eval()
    with torch.no_grad():
        return (net(XT.to(next(net.parameters()).dtype)).argmax(1) == YT).float().mean().item()


golden = {}
json.dump(X[:4].permute(0, 2, 3, 1).tolist(), open("inputs.json", "w"))
# cnn.onnx, trained for a while, by the exporter that traces; dynamo.onnx, the same by the other one.
cnn = CNN()
train(cnn, 40)
trace(cnn, "cnn.onnx", X)
for name, outside in ("dynamo.onnx", False), ("outside.onnx", True):
    export(cnn, name, X, dynamo=True, external_data=outside, dynamic_shapes={"x": {0: torch.export.Dim("n")}})
export(cnn, "fixed.onnx", X, dynamo=False)  # batches of two
logits = cnn(X[:4]).tolist()
again = CNN().double()
again.load_state_dict({k: v.double() for k, v in cnn.state_dict().items()})
eigen, loss = dense_hessian(again, X, Y)
golden["cnn"] = {"logits": logits, "loss": loss, "eigenvalues": eigen, "test_accuracy": accuracy(cnn),
                 "losses": train(again, 5)}

# bn.onnx has batch norm and dropout as in training; folded.onnx is the same for evaluation.
bn = BN()
train(bn, 10)
trace(bn, "bn.onnx", X, training=torch.onnx.TrainingMode.TRAINING, do_constant_folding=False)
bn.eval()
trace(bn, "folded.onnx", X)
golden["bn"] = {"logits": bn(X[:4]).tolist()}
bn.train()
bn.drop.p = 0.0
trace(bn, "bn-only.onnx", X, training=torch.onnx.TrainingMode.TRAINING, do_constant_folding=False)
bn = bn.double()
eigen, loss = dense_hessian(bn, X, Y)
golden["bn-only"] = {"eigenvalues": eigen, "loss": loss, "losses": train(bn, 5)}

# mlp.onnx takes vectors, and has operations that only onnx-gomlx builds.
mlp = MLP()
trace(mlp, "mlp.onnx", X.reshape(96, 64), opset_version=17)
eigen, loss = dense_hessian(mlp, X.reshape(96, 64), Y)
golden["mlp"] = {"logits": mlp(X[:4].reshape(4, 64).double()).tolist(), "eigenvalues": eigen, "loss": loss}

# A new head on the frozen backbone of cnn.onnx, drawn as zeros: 20 steps.
class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = CNN()
        self.body.load_state_dict(cnn.state_dict())
        self.head = nn.Linear(24, 3)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        for p in self.body.parameters():
            p.requires_grad = False

    def forward(self, x):
        b = self.body
        x = F.max_pool2d(torch.relu(b.conv1(x)), 2)
        return self.head(torch.flatten(torch.relu(b.conv2(x)), 1))


head = Head()
losses = train(head, 20)
golden["head"] = {"losses": losses, "test_accuracy": accuracy(head)}
json.dump(golden, open("golden.json", "w"), indent=1)
