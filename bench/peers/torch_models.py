"""The models of package models, in PyTorch."""

import torch.nn.functional as F
from torch import nn


def build(name, image, classes):
    height, width, channels = image
    if name == "mlp":
        return nn.Sequential(
            nn.Flatten(), nn.Linear(height * width * channels, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, classes)
        )
    if name == "resnet8":
        return ResNet(channels, classes, [16, 32, 64], 1, project)
    if name == "resnet20":
        return ResNet(channels, classes, [16, 32, 64], 3, subsample)
    if name == "resnet18":
        return ResNet(channels, classes, [64, 128, 256, 512], 2, project)
    if name.startswith("wrn"):
        depth, width = (int(n) for n in name[3:].split("-"))
        return WideResNet(channels, classes, depth, width)
    raise ValueError(f"there is no model {name!r} here: want mlp, resnet8, resnet20, resnet18 or wrnDEPTH-WIDTH")


def conv(inputs, outputs, size, stride):
    return nn.Conv2d(inputs, outputs, size, stride, padding=size // 2, bias=False)


def project(inputs, outputs, stride):
    return nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))


class subsample(nn.Module):
    """Every stride-th pixel, with channels of zeros before and after."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.stride, self.before, self.after = stride, (outputs - inputs) // 2, outputs - inputs - (outputs - inputs) // 2

    def forward(self, x):
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.before, self.after))


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride, shortcut):
        super().__init__()
        self.conv1, self.norm1 = conv(inputs, outputs, 3, stride), nn.BatchNorm2d(outputs)
        self.conv2, self.norm2 = conv(outputs, outputs, 3, 1), nn.BatchNorm2d(outputs)
        self.shortcut = nn.Identity() if stride == 1 and inputs == outputs else shortcut(inputs, outputs, stride)

    def forward(self, x):
        y = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.shortcut(x) + self.norm2(self.conv2(y)))


class ResNet(nn.Module):
    def __init__(self, channels, classes, stages, blocks, shortcut):
        super().__init__()
        self.conv, self.norm = conv(channels, stages[0], 3, 1), nn.BatchNorm2d(stages[0])
        layers, inputs = [], stages[0]
        for i, outputs in enumerate(stages):
            for j in range(blocks):
                layers.append(Block(inputs, outputs, 2 if i > 0 and j == 0 else 1, shortcut))
                inputs = outputs
        self.blocks, self.logits = nn.Sequential(*layers), nn.Linear(inputs, classes)

    def forward(self, x):
        return self.logits(self.blocks(F.relu(self.norm(self.conv(x)))).mean((2, 3)))


class PreActivationBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.norm1, self.conv1 = nn.BatchNorm2d(inputs), conv(inputs, outputs, 3, stride)
        self.norm2, self.conv2 = nn.BatchNorm2d(outputs), conv(outputs, outputs, 3, 1)
        self.shortcut = None if stride == 1 and inputs == outputs else conv(inputs, outputs, 1, stride)

    def forward(self, x):
        a = F.relu(self.norm1(x))
        y = self.conv2(F.relu(self.norm2(self.conv1(a))))
        return y + (x if self.shortcut is None else self.shortcut(a))


class WideResNet(nn.Module):
    def __init__(self, channels, classes, depth, width):
        super().__init__()
        self.conv = conv(channels, 16, 3, 1)
        layers, inputs = [], 16
        for i in range(3):
            outputs = 16 * width << i
            for j in range((depth - 4) // 6):
                layers.append(PreActivationBlock(inputs, outputs, 2 if i > 0 and j == 0 else 1))
                inputs = outputs
        self.blocks, self.norm, self.logits = nn.Sequential(*layers), nn.BatchNorm2d(inputs), nn.Linear(inputs, classes)

    def forward(self, x):
        return self.logits(F.relu(self.norm(self.blocks(self.conv(x)))).mean((2, 3)))
