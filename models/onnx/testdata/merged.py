# Makes merged.onnx: a residual network that has seen no data, of whose batch norms the exporter has merged the equal
# weights; and what it loses in training and in evaluation. python -B merged.py, after make.py.
import json
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from strip import strip

torch.manual_seed(0)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.b1 = nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.c2, self.b2 = nn.Conv2d(4, 4, 3, padding=1, groups=2, bias=False), nn.BatchNorm2d(4)
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        x = F.relu6(self.b1(self.c1(x)))
        x = F.silu(x + self.b2(self.c2(x)))
        x = F.avg_pool2d(F.max_pool2d(x, 3, 2, 1), 2)
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


data = np.load("shapes.npz")
x = data["x_train"].astype(np.float64)
x = torch.tensor(((x - x.mean()) / x.std()).astype(np.float32).transpose(0, 3, 1, 2))
y = torch.tensor(data["y_train"]).long()
net = Residual().eval()
torch.onnx.export(net, (x[:2],), "merged.onnx", dynamo=False, input_names=["image"], dynamic_axes={"image": {0: "n"}},
                  do_constant_folding=False, training=torch.onnx.TrainingMode.PRESERVE)
strip("merged.onnx")
losses = {"running": F.cross_entropy(net(x), y).item()}
losses["batch"] = F.cross_entropy(net.train()(x), y).item()
json.dump(losses, open("merged.json", "w"))
