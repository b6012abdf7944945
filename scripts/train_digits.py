#!/usr/bin/env python3
"""Trains the digits network; writes it in float (digits_float) and quantized (digits_cnn).

A small convolutional network learns scikit-learn's digits (8 x 8 pixels, ten
classes) and is quantized after training: int8 weights with one scale per output
channel, int8 activations with a zero point, int32 biases. The integer network
runs here in numpy, by the formulas of the TensorFlow Lite reference kernels
and without any code of the simulator, so that its outputs can be held against
the simulator's golden model. The same seed gives the same bytes.

Needs numpy, scikit-learn and PyTorch (Debian: python3-sklearn, python3-torch).
"""
import argparse
import pathlib
import sys

import systole

try:
    import numpy as np
    import torch
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split
except ImportError as missing:
    sys.exit(f"train_digits.py: {missing}; scripts/install.sh dev installs it")

TEST_IMAGES = 360
CALIBRATION_IMAGES = 256  # of the training images, for `systole quantize`
EPOCHS = 80
BATCH = 32

# The network, layer by layer. "same" pads as TensorFlow does: the odd row goes after.
LAYERS = [
    dict(name="conv1", op="conv2d", inputs=["image"], channels=16, kernel=3, padding="same",
         relu=True),
    dict(name="conv2", op="conv2d", inputs=["conv1"], channels=24, kernel=3, stride=2,
         padding="same", relu=True),
    dict(name="dw3", op="depthwise_conv2d", inputs=["conv2"], channels=24, kernel=3,
         padding="same", relu=True),
    dict(name="pw4", op="conv2d", inputs=["dw3"], channels=24, kernel=1, padding="valid"),
    dict(name="add5", op="add", inputs=["conv2", "pw4"], relu=True),
    dict(name="conv6", op="conv2d", inputs=["add5"], channels=32, kernel=3, padding="same",
         relu=True),
    dict(name="pool7", op="max_pool2d", inputs=["conv6"], kernel=2, stride=2, padding="valid"),
    dict(name="pool8", op="global_average_pool2d", inputs=["pool7"]),
    dict(name="fc9", op="fully_connected", inputs=["pool8"], channels=10),
]
KEEPS_SCALE = ("max_pool2d", "global_average_pool2d")


def same_padding(size, kernel, stride):
    """Rows before and after, as TensorFlow's SAME."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def window_padding(layer, size):
    if layer.get("padding") == "same":
        return same_padding(size, layer["kernel"], layer.get("stride", 1))
    return 0, 0


# --- floating point -----------------------------------------------------------------------------


class DigitsNet(torch.nn.Module):
    def __init__(self):
        super().__init__()
        width = {"image": 1}
        self.weighted = torch.nn.ModuleDict()
        for layer in LAYERS:
            fan_in = width[layer["inputs"][0]]
            width[layer["name"]] = layer.get("channels", fan_in)
            if layer["op"] == "fully_connected":
                self.weighted[layer["name"]] = torch.nn.Linear(fan_in, layer["channels"])
            elif "channels" in layer:
                groups = fan_in if layer["op"] == "depthwise_conv2d" else 1
                self.weighted[layer["name"]] = torch.nn.Conv2d(
                    fan_in, layer["channels"], layer["kernel"], layer.get("stride", 1),
                    groups=groups)

    def forward(self, image):
        """All tensors by name; images are NCHW here."""
        values = {"image": image}
        for layer in LAYERS:
            x = values[layer["inputs"][0]]
            if layer["op"] == "add":
                y = x + values[layer["inputs"][1]]
            elif layer["op"] == "max_pool2d":
                y = torch.nn.functional.max_pool2d(x, layer["kernel"], layer["stride"])
            elif layer["op"] == "global_average_pool2d":
                y = x.mean(dim=(2, 3))
            else:
                if layer["op"] != "fully_connected":
                    before, after = window_padding(layer, x.shape[2])
                    x = torch.nn.functional.pad(x, (before, after, before, after))
                y = self.weighted[layer["name"]](x)
            values[layer["name"]] = torch.relu(y) if layer.get("relu") else y
        return values


def shifted(images, generator):
    """Each image moved by up to one pixel, so that the network learns shapes and not places."""
    rows, columns = torch.randint(-1, 2, (2, len(images)), generator=generator).tolist()
    padded = torch.nn.functional.pad(images, (1, 1, 1, 1))
    return torch.stack([image[:, 1 + r:9 + r, 1 + c:9 + c]
                        for image, r, c in zip(padded, rows, columns)])


def train(model, images, labels, seed):
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    generator = torch.Generator().manual_seed(seed)
    model.train()
    for _ in range(EPOCHS):
        order = torch.randperm(len(labels), generator=generator)
        for batch in order.split(BATCH):
            loss = torch.nn.functional.cross_entropy(
                model(shifted(images[batch], generator))[LAYERS[-1]["name"]], labels[batch],
                label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        schedule.step()
    model.eval()


# --- quantization -------------------------------------------------------------------------------


def activation_quantization(values):
    """Scale (float32) and zero point that cover the values' range and zero."""
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    scale = np.float32((high - low) / 255)
    return scale, int(np.clip(np.rint(-128 - low / float(scale)), -128, 127))


def quantize(model, calibration):
    """Quantization (scale, zero point) of each tensor, and the integer weights by layer."""
    with torch.no_grad():
        ranges = {name: value.numpy() for name, value in model(calibration).items()}
    activations = {"image": activation_quantization(ranges["image"])}
    weights = {}
    for layer in LAYERS:
        name, source = layer["name"], layer["inputs"][0]
        activations[name] = (activations[source] if layer["op"] in KEEPS_SCALE
                             else activation_quantization(ranges[name]))
        if "channels" not in layer:
            continue
        real = model.weighted[name].weight.detach().numpy().astype(np.float64)
        real = np.moveaxis(real, 1, -1) if real.ndim == 4 else real  # OIHW to OHWI
        rows = np.abs(real.reshape(len(real), -1)).max(axis=1)
        if layer["op"] == "fully_connected":
            rows = rows.max(keepdims=True)  # one scale, as TensorFlow Lite's converter gives it
        scale = (rows / 127).astype(np.float32)
        step = scale.astype(np.float64).reshape((-1,) + (1,) * (real.ndim - 1))
        bias = model.weighted[name].bias.detach().numpy().astype(np.float64)
        weights[name] = dict(
            weight=np.clip(np.rint(real / step), -127, 127).astype(np.int8), scale=scale,
            bias=np.rint(bias / (float(activations[source][0]) * scale.astype(np.float64)))
            .astype(np.int32))
    return activations, weights


def quantize_image(pixels, quantization):
    scale, zero_point = quantization
    ratio = (pixels.astype(np.float32) / scale).astype(np.float64)
    away = np.sign(ratio) * np.floor(np.abs(ratio) + 0.5)
    return np.clip(away + zero_point, -128, 127).astype(np.int8)


# --- integer arithmetic of the TensorFlow Lite reference kernels --------------------------------


def quantize_multiplier(real):
    """Q0.31 multiplier and exponent of a real factor."""
    fraction, exponent = np.frexp(real)
    q = int(np.floor(np.ldexp(fraction, 31) + 0.5))
    if q == 1 << 31:
        q, exponent = q // 2, exponent + 1
    return (0, 0) if exponent < -31 else (q, int(exponent))


def multiply(x, multiplier, exponent):
    """x * multiplier / 2^31 * 2^exponent with both roundings; per channel for arrays."""
    multiplier, exponent = np.asarray(multiplier), np.asarray(exponent)
    left, right = np.maximum(exponent, 0), np.maximum(-exponent, 0)
    high = ((x << left) * multiplier + (1 << 30)) >> 31      # rounding half up
    half = np.where(right > 0, np.int64(1) << np.maximum(right - 1, 0), 0)
    return np.sign(high) * ((np.abs(high) + half) >> right)  # rounding half away from zero


def run_weighted(layer, x, activations, tensors):
    sx, zx = activations[layer["inputs"][0]]
    sy, zy = activations[layer["name"]]
    weight, scale = tensors["weight"].astype(np.int64), tensors["scale"]
    if layer["op"] == "fully_connected":
        acc = (x - zx) @ weight.T
        # The product of the scales is rounded to float32 first, unlike in convolutions.
        factors = [float(np.float32(sx * scale[0])) / float(sy)]
    else:
        stride, kernel = layer.get("stride", 1), layer["kernel"]
        before, after = window_padding(layer, x.shape[1])
        x = np.pad(x - zx, ((0, 0), (before, after), (before, after), (0, 0)))
        out = (x.shape[1] - kernel) // stride + 1
        acc = 0
        for kh in range(kernel):
            for kw in range(kernel):
                taps = x[:, kh:kh + (out - 1) * stride + 1:stride,
                         kw:kw + (out - 1) * stride + 1:stride]
                depthwise = layer["op"] == "depthwise_conv2d"
                acc = acc + (taps * weight[:, kh, kw, 0] if depthwise
                             else taps @ weight[:, kh, kw, :].T)
        factors = [float(sx) * float(s) / float(sy) for s in scale]
    constants = np.array([quantize_multiplier(f) for f in factors], dtype=np.int64)
    return multiply(acc + tensors["bias"], constants[:, 0], constants[:, 1]) + zy


def run_add(layer, a, b, activations):
    (sa, za), (sb, zb) = (activations[name] for name in layer["inputs"])
    so, zo = activations[layer["name"]]
    sa, sb, so = float(sa), float(sb), float(so)
    twice_max = 2 * max(sa, sb)
    a = multiply((a - za) << 20, *quantize_multiplier(sa / twice_max))
    b = multiply((b - zb) << 20, *quantize_multiplier(sb / twice_max))
    return multiply(a + b, *quantize_multiplier(twice_max / ((1 << 20) * so))) + zo


def run_pool(layer, x):
    kernel = layer.get("kernel", x.shape[1])
    n, h, w, c = x.shape
    windows = x.reshape(n, h // kernel, kernel, w // kernel, kernel, c)
    if layer["op"] == "max_pool2d":
        return windows.max(axis=(2, 4))
    total, count = windows.sum(axis=(2, 4)), kernel * kernel
    return np.sign(total) * ((np.abs(total) + count // 2) // count)


def run_integer(images, activations, weights):
    """int8 outputs of the last layer for int8 images in NHWC."""
    values = {"image": images.astype(np.int64)}
    for layer in LAYERS:
        x = values[layer["inputs"][0]]
        if layer["op"] == "add":
            y = run_add(layer, x, values[layer["inputs"][1]], activations)
        elif layer["op"] in KEEPS_SCALE:
            y = run_pool(layer, x)
        else:
            x = x.reshape(len(x), -1) if layer["op"] == "fully_connected" else x
            y = run_weighted(layer, x, activations, weights[layer["name"]])
        low = activations[layer["name"]][1] if layer.get("relu") else -128
        values[layer["name"]] = np.clip(y, max(low, -128), 127)
    return values[LAYERS[-1]["name"]].astype(np.int8)


# --- files --------------------------------------------------------------------------------------


def quantization_text(quantization):
    return f"scale: {quantization[0]!s}, zero_point: {quantization[1]}"


def workload_text(activations):
    lines = ["# Written by scripts/train_digits.py; the keys are explained in workloads/README.md.",
             "name: digits_cnn",
             "inputs:",
             "  - {name: image, shape: [1, 8, 8, 1], " + quantization_text(activations["image"])
             + "}",
             f"outputs: [{LAYERS[-1]['name']}]",
             "images: test_images.npy",
             "labels: test_labels.npy",
             "layers:"]
    for layer in LAYERS:
        name = layer["name"]
        lines += [f"  - name: {name}", f"    op: {layer['op']}",
                  f"    inputs: [{', '.join(layer['inputs'])}]"]
        if "channels" in layer:
            lines += [f"    weights: {{file: {name}.weight.npy, scale: {name}.weight_scale.npy}}",
                      f"    bias: {{file: {name}.bias.npy}}"]
        elif "kernel" in layer:
            lines += [f"    kernel: {layer['kernel']}"]
        if "stride" in layer:
            lines += [f"    stride: {layer['stride']}"]
        if "padding" in layer:
            lines += [f"    padding: {layer['padding']}"]
        if layer.get("relu"):
            lines += ["    activation: relu"]
        if layer["op"] not in KEEPS_SCALE:
            lines += [f"    output: {{{quantization_text(activations[name])}}}"]
    return "\n".join(lines) + "\n"


def float_text():
    lines = ["# Written by scripts/train_digits.py; the keys are explained in workloads/README.md.",
             "name: digits_float",
             "inputs:",
             "  - {name: image, shape: [1, 8, 8, 1]}",
             f"outputs: [{LAYERS[-1]['name']}]",
             "images: test_images.npy",
             "labels: test_labels.npy",
             "layers:"]
    for layer in LAYERS:
        name = layer["name"]
        lines += [f"  - name: {name}", f"    op: {layer['op']}",
                  f"    inputs: [{', '.join(layer['inputs'])}]"]
        if "channels" in layer:
            lines += [f"    weights: {name}.weight.npy", f"    bias: {name}.bias.npy"]
        elif "kernel" in layer:
            lines += [f"    kernel: {layer['kernel']}"]
        lines += [f"    {key}: {layer[key]}" for key in ("stride", "padding") if key in layer]
        if layer.get("relu"):
            lines += ["    activation: relu"]
    return "\n".join(lines) + "\n"


def write_float(folder, model, calibration, images, labels):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "digits_float.yaml").write_text(float_text())
    for name, layer in model.weighted.items():
        weight = layer.weight.detach().numpy()
        if weight.ndim == 4:
            weight = np.moveaxis(weight, 1, -1)  # OIHW to OHWI
        np.save(folder / f"{name}.weight.npy", np.ascontiguousarray(weight))
        np.save(folder / f"{name}.bias.npy", layer.bias.detach().numpy())
    np.save(folder / "calibration_images.npy", calibration)
    np.save(folder / "test_images.npy", images)
    np.save(folder / "test_labels.npy", labels)


def write_workload(folder, activations, weights, images, labels, outputs):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "digits_cnn.yaml").write_text(workload_text(activations))
    for name, tensors in weights.items():
        np.save(folder / f"{name}.weight.npy", np.ascontiguousarray(tensors["weight"]))
        np.save(folder / f"{name}.weight_scale.npy", tensors["scale"])
        np.save(folder / f"{name}.bias.npy", tensors["bias"])
    np.save(folder / "test_images.npy", images)
    np.save(folder / "test_labels.npy", labels)
    np.save(folder / "test_outputs.npy", outputs)  # of the integer network above


def main():
    here = pathlib.Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path, default=here / "workloads/digits_cnn",
                        metavar="DIR", help="folder to write (default: %(default)s)")
    parser.add_argument("--float-output", type=pathlib.Path,
                        default=here / "workloads/digits_float", metavar="DIR",
                        help="folder for the float network (default: %(default)s)")
    parser.add_argument("--seed", type=systole.seed, default=1, help="of split and training (default: 1)")
    options = parser.parse_args()

    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(options.seed)

    digits = load_digits()
    pixels = (digits.images / 16).astype(np.float32)[..., np.newaxis]  # NHWC, 0 to 1
    train_pixels, test_pixels, train_labels, test_labels = train_test_split(
        pixels, digits.target, test_size=TEST_IMAGES, stratify=digits.target,
        random_state=options.seed)
    to_torch = lambda nhwc: torch.from_numpy(np.ascontiguousarray(np.moveaxis(nhwc, -1, 1)))

    model = DigitsNet()
    train(model, to_torch(train_pixels), torch.from_numpy(train_labels), options.seed)
    with torch.no_grad():
        logits = model(to_torch(test_pixels))[LAYERS[-1]["name"]].numpy()
    activations, weights = quantize(model, to_torch(train_pixels))
    images = quantize_image(test_pixels, activations["image"])
    outputs = run_integer(images, activations, weights)

    float_right = int((logits.argmax(axis=1) == test_labels).sum())
    int8_right = int((outputs.argmax(axis=1) == test_labels).sum())
    print(f"float: {float_right} of {TEST_IMAGES} right, {100 * float_right / TEST_IMAGES:.2f} %")
    print(f"int8:  {int8_right} of {TEST_IMAGES} right, {100 * int8_right / TEST_IMAGES:.2f} %")
    if float_right < 0.97 * TEST_IMAGES or float_right - int8_right > 0.005 * TEST_IMAGES:
        sys.exit("accuracy is below 97 %, or int8 is over 0.5 points worse: nothing written")
    write_workload(options.output, activations, weights, images,
                   test_labels.astype(np.uint8), outputs)
    write_float(options.float_output, model, train_pixels[:CALIBRATION_IMAGES], test_pixels,
                test_labels.astype(np.uint8))


if __name__ == "__main__":
    main()
