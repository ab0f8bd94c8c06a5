# Makes networks that are refused: of two inputs, with a convolution of volumes, and of tokens: python -B refused.py.
import torch
import torch.nn as nn
from strip import strip


class Two(nn.Module):
    def forward(self, image, more):
        return image.flatten(1) + more


class Volume(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv3d(1, 2, (1, 3, 3)), nn.Linear(72, 3)

    def forward(self, x):
        return self.fc(self.conv(x[:, None]).flatten(1))


class Tokens(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(10, 3)

    def forward(self, x):
        return self.table(x).mean(1)


image = torch.zeros(2, 1, 8, 8)
for name, net, inputs in (("two.onnx", Two(), (image, torch.zeros(2, 64))), ("volume.onnx", Volume(), (image,)),
                          ("tokens.onnx", Tokens(), (torch.zeros(2, 64, dtype=torch.long),))):
    torch.onnx.export(net, inputs, name, dynamo=False, input_names=["image", "more"][:len(inputs)],
                      dynamic_axes={"image": {0: "n"}})
    strip(name)
