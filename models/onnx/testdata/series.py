# Makes series.onnx, a network of series in two channels, its data series.npz, and what PyTorch says of both, series.json:
# python -B series.py, with torch, onnx and onnxscript. The series are standardised as the command does it, as images of
# one channel.
import json
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from strip import strip

torch.manual_seed(0)
random = np.random.default_rng(0)


def series(n):
    y = np.arange(n) % 3
    at = np.arange(20)
    wave = np.sin(2 * np.pi * (y[:, None] + 1) * at / 20 + random.uniform(0, 1, (n, 1)))
    x = np.stack([wave, np.roll(wave, 3, 1)], 1) + random.normal(0, 0.5, (n, 2, 20))
    return x.astype(np.float32), y.astype(np.uint8)


class Series(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn = nn.Conv1d(2, 4, 5, stride=2, padding=2), nn.BatchNorm1d(4)
        self.conv2 = nn.Conv1d(4, 6, 2, padding="same", groups=2)
        self.fc = nn.Linear(6, 3)

    def forward(self, x):
        x = F.max_pool1d(torch.relu(self.bn(self.conv1(x))), 3, 2, 1)
        x = F.avg_pool1d(torch.tanh(self.conv2(x)), 2, 1)
        return self.fc(F.adaptive_avg_pool1d(x, 1).flatten(1))


x_train, y_train = series(60)
x_test, y_test = series(30)
np.savez_compressed("series.npz", x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
mean, std = x_train.astype(np.float64).mean(), x_train.astype(np.float64).std()
x = torch.tensor((x_train - mean) / std).double()
y = torch.tensor(y_train).long()
net = Series()
torch.onnx.export(net, (x[:2].float(),), "series.onnx", dynamo=False, input_names=["series"],
                  dynamic_axes={"series": {0: "n"}}, do_constant_folding=False,
                  training=torch.onnx.TrainingMode.TRAINING)
strip("series.onnx")
net = net.double().eval()
golden = {"logits": net(x[:4]).tolist()}
net.train()
names, shapes = zip(*[(n, p.shape) for n, p in net.named_parameters()])


def loss(w):
    parts, at = {}, 0
    for n, s in zip(names, shapes):
        parts[n] = w[at:at + s.numel()].view(s)
        at += s.numel()
    return F.cross_entropy(torch.func.functional_call(net, parts, (x,)), y)


w = torch.cat([p.detach().reshape(-1) for p in net.parameters()])
golden["loss"] = loss(w).item()
golden["eigenvalues"] = torch.linalg.eigvalsh(torch.autograd.functional.hessian(loss, w)).flip(0)[:3].tolist()
golden["inputs"] = x[:4].reshape(4, 2, 20, 1).tolist()
json.dump(golden, open("series.json", "w"))
