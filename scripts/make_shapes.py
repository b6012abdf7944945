#!/usr/bin/env python3
"""Writes workloads/shapes/*.yaml: well-known networks as shapes, from their published architectures.

Usage: make_shapes.py [--check] [FOLDER]     (--check: write nothing, fail where a file differs)

Batch normalization is folded: each convolution that has it gets a bias instead. Dropout and local response
normalization are left out, as are the layer normalization and GELU of the transformers, for which the machine has no
operator. Images have one batch, NHWC.

Sources: AlexNet, Krizhevsky et al. 2012, with Caffe's input of 227 and its groups. VGG-16, Simonyan and Zisserman 2014,
configuration D. ResNet-18 and ResNet-50, He et al. 2015; stride 2 in the 3 x 3 convolution (v1.5). MobileNetV1 1.0-224,
Howard et al. 2017. MobileNetV2 1.0-224, Sandler et al. 2018. SqueezeNet 1.0, Iandola et al. 2016, at 224. GoogLeNet,
Szegedy et al. 2014, without the auxiliary classifiers. Tiny YOLOv2 for VOC, Redmon and Farhadi 2016 (darknet's
yolov2-tiny-voc). U-Net, Ronneberger et al. 2015, 572 x 572, one channel to two classes. BERT-base, Devlin et al. 2018,
128 tokens, from the embeddings on. ViT-S/16 at 224, Dosovitskiy et al. 2020 with Touvron et al. 2021's small size.
"""
import argparse
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


class Net:
    """One network; each method adds a layer and returns its name."""

    def __init__(self, name, source, **inputs):
        self.name = name
        self.head = [f"# {source}. Written by scripts/make_shapes.py.", f"name: {name}", "inputs:"]
        self.head += [f"  - {{name: {key}, shape: {list(shape)}}}" for key, shape in inputs.items()]
        self.layers = []
        self.channels = {key: shape[-1] for key, shape in inputs.items()}

    def add(self, name, op, inputs, channels, *keys):
        parts = [f"name: {name}", f"op: {op}", f"inputs: [{', '.join(inputs)}]", *[key for key in keys if key]]
        self.layers.append("  - {" + ", ".join(parts) + "}")
        self.channels[name] = channels
        return name

    def conv(self, name, x, out, kernel, stride=1, padding="same", groups=1, relu=True, bias=True, op="conv2d"):
        return self.add(
            name, op, [x], out, f"kernel: {kernel}", f"out_channels: {out}", f"stride: {stride}" if stride != 1 else "",
            f"padding: {padding}" if padding != "valid" else "", f"groups: {groups}" if groups != 1 else "",
            "weights: {}", "bias: {}" if bias else "", f"activation: {relu if isinstance(relu, str) else 'relu'}" if relu else "")

    def depthwise(self, name, x, kernel, stride=1, padding="same", relu=True):
        return self.conv(name, x, self.channels[x], kernel, stride, padding, relu=relu, op="depthwise_conv2d")

    def max_pool(self, name, x, kernel, stride, padding="valid"):
        return self.add(name, "max_pool2d", [x], self.channels[x], f"kernel: {kernel}", f"stride: {stride}",
                        f"padding: {padding}" if padding != "valid" else "")

    def global_pool(self, name, x):
        return self.add(name, "global_average_pool2d", [x], self.channels[x])

    def dense(self, name, x, out, relu=False, bias=True):
        return self.add(name, "fully_connected", [x], out, f"out_channels: {out}", "weights: {}",
                        "bias: {}" if bias else "", "activation: relu" if relu else "")

    def sum(self, name, a, b, relu=False):
        return self.add(name, "add", [a, b], self.channels[a], "activation: relu" if relu else "")

    def concat(self, name, parts, axis=-1):
        channels = sum(self.channels[p] for p in parts) if axis == -1 else self.channels[parts[0]]
        return self.add(name, "concat", parts, channels, f"axis: {axis}")

    def reshape(self, name, x, *shape):
        return self.add(name, "reshape", [x], shape[-1], f"shape: {list(shape)}")

    def softmax(self, name, x):
        return self.add(name, "softmax", [x], self.channels[x])

    def text(self):
        last = self.layers[-1].split("name: ")[1].split(",")[0]
        return "\n".join([*self.head, f"outputs: [{last}]", "layers:", *self.layers]) + "\n"


def alexnet():
    n = Net("alexnet", "AlexNet, Krizhevsky et al. 2012, as in Caffe", image=(1, 227, 227, 3))
    x = n.conv("conv1", "image", 96, 11, 4, "valid")
    x = n.max_pool("pool1", x, 3, 2)
    x = n.conv("conv2", x, 256, 5, groups=2)
    x = n.max_pool("pool2", x, 3, 2)
    x = n.conv("conv3", x, 384, 3)
    x = n.conv("conv4", x, 384, 3, groups=2)
    x = n.conv("conv5", x, 256, 3, groups=2)
    x = n.max_pool("pool5", x, 3, 2)
    x = n.reshape("flat", x, 1, 6 * 6 * 256)
    x = n.dense("fc6", x, 4096, relu=True)
    x = n.dense("fc7", x, 4096, relu=True)
    n.softmax("prob", n.dense("fc8", x, 1000))
    return n


def vgg16():
    n = Net("vgg16", "VGG-16, Simonyan and Zisserman 2014", image=(1, 224, 224, 3))
    x = "image"
    for stage, (count, channels) in enumerate([(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)], 1):
        for i in range(1, count + 1):
            x = n.conv(f"conv{stage}_{i}", x, channels, 3)
        x = n.max_pool(f"pool{stage}", x, 2, 2)
    x = n.reshape("flat", x, 1, 7 * 7 * 512)
    x = n.dense("fc6", x, 4096, relu=True)
    x = n.dense("fc7", x, 4096, relu=True)
    n.softmax("prob", n.dense("fc8", x, 1000))
    return n


def resnet(name, counts, bottleneck):
    n = Net(name, "ResNet, He et al. 2015" + (", stride in the 3 x 3 convolution" if bottleneck else ""),
            image=(1, 224, 224, 3))
    x = n.conv("conv1", "image", 64, 7, 2, [3, 3, 3, 3])
    x = n.max_pool("pool1", x, 3, 2, [1, 1, 1, 1])
    for stage, count in enumerate(counts):
        width = 64 << stage
        out = width * (4 if bottleneck else 1)
        for block in range(count):
            p = f"res{stage + 2}{chr(ord('a') + block)}"
            stride = 2 if stage > 0 and block == 0 else 1
            y = x
            if bottleneck:
                y = n.conv(f"{p}_1x1", y, width, 1)
                y = n.conv(f"{p}_3x3", y, width, 3, stride, [1, 1, 1, 1])
                y = n.conv(f"{p}_out", y, out, 1, relu=False)
            else:
                y = n.conv(f"{p}_1", y, width, 3, stride, [1, 1, 1, 1])
                y = n.conv(f"{p}_2", y, width, 3, relu=False)
            if n.channels[x] != out or stride != 1:
                x = n.conv(f"{p}_shortcut", x, out, 1, stride, relu=False)
            x = n.sum(p, y, x, relu=True)
    x = n.reshape("flat", n.global_pool("pool5", x), 1, n.channels[x])
    n.softmax("prob", n.dense("fc", x, 1000))
    return n


def mobilenet_v1():
    n = Net("mobilenet_v1", "MobileNetV1 1.0-224, Howard et al. 2017", image=(1, 224, 224, 3))
    x = n.conv("conv0", "image", 32, 3, 2, relu="relu6")
    blocks = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] + [(512, 1)] * 5 + [(1024, 2), (1024, 1)]
    for i, (out, stride) in enumerate(blocks, 1):
        x = n.depthwise(f"dw{i}", x, 3, stride, relu="relu6")
        x = n.conv(f"pw{i}", x, out, 1, relu="relu6")
    x = n.reshape("flat", n.global_pool("pool", x), 1, 1024)
    n.softmax("prob", n.dense("fc", x, 1000))
    return n


def mobilenet_v2():
    n = Net("mobilenet_v2", "MobileNetV2 1.0-224, Sandler et al. 2018", image=(1, 224, 224, 3))
    x = n.conv("conv0", "image", 32, 3, 2, relu="relu6")
    i = 0
    for expansion, out, count, first in [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
                                         (6, 160, 3, 2), (6, 320, 1, 1)]:
        for block in range(count):
            i += 1
            stride = first if block == 0 else 1
            y = x
            if expansion != 1:
                y = n.conv(f"expand{i}", y, n.channels[x] * expansion, 1, relu="relu6")
            y = n.depthwise(f"dw{i}", y, 3, stride, relu="relu6")
            y = n.conv(f"project{i}", y, out, 1, relu=False)
            x = n.sum(f"block{i}", y, x) if stride == 1 and n.channels[x] == out else y
    x = n.conv("conv_last", x, 1280, 1, relu="relu6")
    x = n.reshape("flat", n.global_pool("pool", x), 1, 1280)
    n.softmax("prob", n.dense("fc", x, 1000))
    return n


def squeezenet():
    n = Net("squeezenet_1_0", "SqueezeNet 1.0, Iandola et al. 2016", image=(1, 224, 224, 3))
    x = n.conv("conv1", "image", 96, 7, 2, "valid")
    x = n.max_pool("pool1", x, 3, 2, [0, 0, 1, 1])  # 109 to 54: sizes are rounded up
    for i, (squeeze, expand) in enumerate([(16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256),
                                           (64, 256)], 2):
        s = n.conv(f"fire{i}_squeeze", x, squeeze, 1)
        x = n.concat(f"fire{i}", [n.conv(f"fire{i}_1x1", s, expand, 1), n.conv(f"fire{i}_3x3", s, expand, 3)])
        if i in (4, 8):
            x = n.max_pool(f"pool{i}", x, 3, 2, [0, 0, 1, 1] if i == 4 else "valid")
    x = n.conv("conv10", x, 1000, 1)
    n.softmax("prob", n.reshape("flat", n.global_pool("pool10", x), 1, 1000))
    return n


def googlenet():
    n = Net("googlenet", "GoogLeNet, Szegedy et al. 2014", image=(1, 224, 224, 3))
    x = n.conv("conv1", "image", 64, 7, 2, [3, 3, 3, 3])
    x = n.max_pool("pool1", x, 3, 2, "same")
    x = n.conv("conv2_reduce", x, 64, 1)
    x = n.conv("conv2", x, 192, 3)
    x = n.max_pool("pool2", x, 3, 2, "same")
    rows = {"3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64), "4a": (192, 96, 208, 16, 48, 64),
            "4b": (160, 112, 224, 24, 64, 64), "4c": (128, 128, 256, 24, 64, 64), "4d": (112, 144, 288, 32, 64, 64),
            "4e": (256, 160, 320, 32, 128, 128), "5a": (256, 160, 320, 32, 128, 128),
            "5b": (384, 192, 384, 48, 128, 128)}
    for name, (one, r3, three, r5, five, pool) in rows.items():
        p = f"inc{name}"
        parts = [n.conv(f"{p}_1x1", x, one, 1),
                 n.conv(f"{p}_3x3", n.conv(f"{p}_3x3_reduce", x, r3, 1), three, 3),
                 n.conv(f"{p}_5x5", n.conv(f"{p}_5x5_reduce", x, r5, 1), five, 5),
                 n.conv(f"{p}_pool_proj", n.max_pool(f"{p}_pool", x, 3, 1, "same"), pool, 1)]
        x = n.concat(p, parts)
        if name in ("3b", "4e"):
            x = n.max_pool(f"pool{name[0]}", x, 3, 2, "same")
    x = n.reshape("flat", n.global_pool("pool5", x), 1, 1024)
    n.softmax("prob", n.dense("fc", x, 1000))
    return n


def yolo_tiny():
    n = Net("yolo_tiny", "Tiny YOLOv2 for VOC, Redmon and Farhadi 2016", image=(1, 416, 416, 3))
    x = "image"
    for i, channels in enumerate([16, 32, 64, 128, 256, 512, 1024, 1024], 1):
        x = n.conv(f"conv{i}", x, channels, 3, relu=False)
        x = n.add(f"leaky{i}", "leaky_relu", [x], channels, "alpha: 0.1")
        if i < 7:
            stride, padding = (2, "valid") if i < 6 else (1, [0, 0, 1, 1])
            x = n.max_pool(f"pool{i}", x, 2, stride, padding)
    n.conv("conv9", x, 125, 1, relu=False)
    return n


def unet():
    n = Net("unet", "U-Net, Ronneberger et al. 2015", image=(1, 572, 572, 1))
    x, size, skips = "image", 572, []
    for level in range(5):
        for i in (1, 2):
            x = n.conv(f"down{level}_{i}", x, 64 << level, 3, padding="valid")
        size -= 4
        if level < 4:
            skips.append((x, size))
            x = n.max_pool(f"pool{level}", x, 2, 2)
            size //= 2
    for level in reversed(range(4)):
        channels = 64 << level
        up = n.add(f"up{level}", "transpose_conv2d", [x], channels, "kernel: 2", f"out_channels: {channels}", "stride: 2",
                   "weights: {}", "bias: {}")
        size *= 2
        skip, skip_size = skips[level]
        border = (skip_size - size) // 2
        crop = n.add(f"crop{level}", "strided_slice", [skip], channels, f"begin: [0, {border}, {border}, 0]",
                     f"count: [1, {size}, {size}, {channels}]")
        x = n.concat(f"join{level}", [crop, up])
        for i in (1, 2):
            x = n.conv(f"up{level}_{i}", x, channels, 3, padding="valid")
        size -= 4
    n.conv("classes", x, 2, 1, relu=False)
    return n


def encoder(n, x, tokens, width, heads, layers, hidden):
    """Transformer blocks; attention runs head by head, the array's products on slices that the host cuts."""
    head = width // heads
    for block in range(layers):
        p = f"b{block}"
        q, k, v = [n.dense(f"{p}_{name}", x, width) for name in "qkv"]
        outputs = []
        for h in range(heads):
            h_p = f"{p}_h{h}"
            cut = [n.add(f"{h_p}_{name}", "strided_slice", [tensor], head, f"begin: [0, {h * head}]",
                         f"count: [{tokens}, {head}]") for name, tensor in zip("qkv", (q, k, v))]
            turned = n.add(f"{h_p}_kt", "transpose", [cut[1]], tokens, "permutation: [1, 0]")
            scores = n.add(f"{h_p}_scores", "matmul", [cut[0], turned], tokens)
            # 1/256 and -128 are what a softmax gives; the product with v has the number format of its neighbours.
            outputs.append(n.add(f"{h_p}_context", "matmul", [n.softmax(f"{h_p}_softmax", scores), cut[2]], head))
        y = n.dense(f"{p}_out", n.concat(f"{p}_heads", outputs), width)
        x = n.sum(f"{p}_sum1", y, x)
        y = n.dense(f"{p}_ffn2", n.dense(f"{p}_ffn1", x, hidden, relu=True), width)
        x = n.sum(f"{p}_sum2", y, x)
    return x


def bert_base():
    n = Net("bert_base", "BERT-base, Devlin et al. 2018, 128 tokens; no layer normalization, ReLU for GELU",
            embeddings=(128, 768))
    x = encoder(n, "embeddings", 128, 768, 12, 12, 3072)
    first = n.add("first_token", "strided_slice", [x], 768, "begin: [0, 0]", "count: [1, 768]")
    n.dense("pooler", first, 768)
    return n


def vit_s():
    n = Net("vit_s", "ViT-S/16 at 224; no layer normalization, ReLU for GELU", image=(1, 224, 224, 3),
            class_token=(1, 384))
    x = n.reshape("patches", n.conv("embed", "image", 384, 16, 16, "valid", relu=False), 196, 384)
    x = n.concat("tokens", ["class_token", x], axis=0)
    x = encoder(n, x, 197, 384, 6, 12, 1536)
    first = n.add("first_token", "strided_slice", [x], 384, "begin: [0, 0]", "count: [1, 384]")
    n.dense("head", first, 1000)
    return n


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail where a file differs")
    parser.add_argument("folder", nargs="?", default=ROOT / "workloads" / "shapes", type=pathlib.Path)
    arguments = parser.parse_args()
    networks = [alexnet(), vgg16(), resnet("resnet18", [2, 2, 2, 2], False), resnet("resnet50", [3, 4, 6, 3], True),
                mobilenet_v1(), mobilenet_v2(), squeezenet(), googlenet(), yolo_tiny(), unet(), bert_base(), vit_s()]
    code = 0
    if not arguments.check:
        arguments.folder.mkdir(parents=True, exist_ok=True)
    for network in networks:
        path = arguments.folder / f"{network.name}.yaml"
        if not arguments.check:
            path.write_text(network.text())
        elif not path.is_file() or path.read_text() != network.text():
            print(f"{path}: is not what {sys.argv[0]} writes", file=sys.stderr)
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())
