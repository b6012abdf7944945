#!/usr/bin/env python3
"""Writes a small float network of PyTorch as ONNX, with images and PyTorch's own outputs for them.

DIR/float.onnx, DIR/images.npy (NCHW) and DIR/outputs.npy: what `systole quantize` is tested with.
Convolutions with batch norms (which the export folds), a residual block, a depthwise and a grouped convolution, a
concatenation, pools, dropout and a classifier, with random weights and the batch norms'
statistics of random images. The same seed gives the same network.

Needs PyTorch and numpy (Debian: python3-torch).
"""
import argparse
import pathlib
import sys

import systole

try:
    import numpy as np
    import torch
    from torch import nn
except ImportError as missing:
    sys.exit(f"export_torch_network.py: {missing}; scripts/install.sh dev installs it")


def block(inputs, outputs, kernel=3, stride=1, groups=1):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs), nn.ReLU())


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = block(3, 8)
        self.residual = nn.Sequential(block(8, 8), nn.Conv2d(8, 8, 3, padding=1, bias=False),
                                      nn.BatchNorm2d(8))
        self.depthwise = nn.Sequential(block(8, 8, groups=8), nn.Conv2d(8, 12, 1), nn.ReLU6())
        self.grouped = block(8, 12, groups=2)
        self.pool = nn.MaxPool2d(2)
        self.head = block(24, 16, kernel=1)
        self.average = nn.AvgPool2d(2)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(16 * 9, 32), nn.ReLU(),
                                        nn.Linear(32, 10))

    def forward(self, x):
        x = self.stem(x)
        x = torch.relu(x + self.residual(x))
        x = self.pool(torch.cat([self.depthwise(x), self.grouped(x)], dim=1))
        return self.classifier(torch.flatten(self.average(self.head(x)), 1))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=pathlib.Path, metavar="DIR", help="folder to write")
    parser.add_argument("--seed", type=systole.seed, default=1, help="of weights and images (default: 1)")
    options = parser.parse_args()

    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    network = Small()
    images = torch.rand(16, 3, 12, 12)
    with torch.no_grad():
        network.train()
        for _ in range(20):  # the statistics of the batch norms
            network(torch.rand(16, 3, 12, 12))
        network.eval()
        outputs = network(images)
    options.output.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(network, images[:1], str(options.output / "float.onnx"), opset_version=13,
                      input_names=["image"], output_names=["logits"])
    np.save(options.output / "images.npy", images.numpy())
    np.save(options.output / "outputs.npy", outputs.numpy())


if __name__ == "__main__":
    main()
