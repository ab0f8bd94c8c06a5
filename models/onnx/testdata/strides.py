# Makes strides.onnx, whose strides and dilations differ by axis, and what PyTorch says of it, strides.json:
# python -B strides.py, with torch, onnx and onnxscript.
import json
import torch
import torch.nn as nn
import torch.nn.functional as F
from strip import strip

torch.manual_seed(0)


class Strides(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3, stride=(2, 1), padding=(1, 2), dilation=(1, 2))
        self.conv2 = nn.Conv2d(4, 6, (1, 3), stride=(1, 2), groups=2)
        self.fc = nn.Linear(36, 3)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2, (1, 2), (1, 0))
        x = F.avg_pool2d(torch.tanh(self.conv2(x)), (2, 1), (2, 1))
        return self.fc(x.flatten(1))


x = torch.rand(4, 1, 8, 16, dtype=torch.float64)
net = Strides()
torch.onnx.export(net, (x[:2].float(),), "strides.onnx", dynamo=False, input_names=["image"],
                  dynamic_axes={"image": {0: "n"}}, do_constant_folding=False,
                  training=torch.onnx.TrainingMode.TRAINING)
strip("strides.onnx")
json.dump({"logits": net.double().eval()(x).tolist(), "inputs": x.permute(0, 2, 3, 1).tolist()},
          open("strides.json", "w"))
