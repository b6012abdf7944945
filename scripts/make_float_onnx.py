#!/usr/bin/env python3
"""Writes tests/data/float_onnx: a small float network as torch.onnx.export writes it, with an input
and the output that PyTorch computes. Needs PyTorch, python3-onnx; the seed is fixed.

    scripts/make_float_onnx.py [FOLDER]        (default: tests/data/float_onnx)
"""
import argparse
import pathlib
import sys

try:
    import numpy as np
    import torch
    from onnx import numpy_helper
    from torch import nn
except ImportError as missing:
    sys.exit(f"make_float_onnx.py: {missing}; scripts/install.sh dev installs it")


class Net(nn.Module):
    """Every operator that the loader knows, each once or twice."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(2, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6)
        self.depthwise = nn.Conv2d(6, 6, 3, stride=2, padding=1, groups=6, bias=False)
        self.side = nn.Conv2d(6, 6, 1, stride=2)
        self.pool = nn.MaxPool2d(2)
        self.hidden = nn.Linear(12 * 2 * 2, 10)
        self.last = nn.Linear(10, 4, bias=False)

    def forward(self, x):
        x = torch.relu(self.norm(self.first(x)))
        x = torch.clamp(self.depthwise(x) + self.side(x), 0, 1.5)
        x = torch.cat([self.pool(x), nn.functional.avg_pool2d(x, 2)], dim=1)
        x = torch.relu(self.hidden(torch.flatten(x, 1)))
        return self.last(x)


def main():
    default = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "float_onnx"
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", metavar="FOLDER", nargs="?", type=pathlib.Path, default=default,
                        help="folder to write (default: %(default)s)")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(7)
    net = Net()
    nn.init.uniform_(net.norm.running_mean, -0.5, 0.5)
    nn.init.uniform_(net.norm.running_var, 0.5, 1.5)
    nn.init.uniform_(net.norm.weight, 0.5, 1.5)
    net.eval()
    x = torch.rand(1, 2, 8, 8)
    # Kept as they are in the network, so that BatchNormalization is seen by the loader.
    torch.onnx.export(net, x, folder / "model.onnx", opset_version=13,
                      training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)
    with torch.no_grad():
        y = net(x)
    for name, value in (("input_0", x), ("output_0", y)):
        array = value.numpy().astype(np.float32)
        (folder / f"{name}.pb").write_bytes(
            numpy_helper.from_array(array, name).SerializeToString())


if __name__ == "__main__":
    main()
