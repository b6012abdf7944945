#!/usr/bin/env python3
"""Writes the small quantized ONNX models of tests/data/onnx, with inputs and expected outputs.

What the outputs must be is computed here by plain numpy on integers, in the file's NCHW layout:
y = zero_point + rint(float32(acc) * ((x_scale * w_scale) / y_scale)), saturated. Nothing of it is
shared with Systole. Needs python3-onnx. Seed and versions are fixed; same files every time.

    scripts/make_onnx_models.py [FOLDER]        (default: tests/data/onnx)
"""
import argparse
import pathlib
import sys

try:
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper
except ImportError as missing:
    sys.exit(f"make_onnx_models.py: {missing}; scripts/install.sh dev installs it")

F = np.float32
RANGE = {np.uint8: (0, 255), np.int8: (-128, 127)}


class Quant:
    """Scale and zero point of a tensor; the zero point says which type it has."""

    def __init__(self, scale, zero_point):
        self.scale = F(scale)
        self.zero_point = zero_point
        self.type = zero_point.dtype.type

    def quantize(self, real):
        steps = np.rint((real.astype(F) / self.scale).astype(F)).astype(np.int64)
        return np.clip(steps + int(self.zero_point), *RANGE[self.type]).astype(self.type)

    def dequantize(self, q):
        return ((q.astype(np.int32) - int(self.zero_point)).astype(F) * self.scale).astype(F)

    def centred(self, q):
        return q.astype(np.int64) - int(self.zero_point)

    def requantize(self, acc, scale, low=None, high=None):
        """From sums with these scales, broadcast on the channels' axis by the caller."""
        ratio = (np.asarray(scale, F) / self.scale).astype(F)
        steps = np.rint((acc.astype(F) * ratio).astype(F)).astype(np.int64) + int(self.zero_point)
        bounds = list(RANGE[self.type])
        if low is not None:
            bounds[0] = int(self.quantize(np.array(low, F)))
        if high is not None:
            bounds[1] = int(self.quantize(np.array(high, F)))
        return np.clip(steps, *bounds).astype(self.type)


def u8(scale, zero_point):
    return Quant(scale, np.uint8(zero_point))


def s8(scale, zero_point=0):
    return Quant(scale, np.int8(zero_point))


def conv(x, w, stride=1, pad=0, groups=1, dilation=1):
    """Sums of centred integers, NCHW and OIHW; the padding is zero."""
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    n, c, h, width = x.shape
    oc, ic, kh, kw = w.shape
    oh = (h - (kh - 1) * dilation - 1) // stride + 1
    ow = (width - (kw - 1) * dilation - 1) // stride + 1
    out = np.zeros((n, oc, oh, ow), np.int64)
    for o in range(oc):
        first = o // (oc // groups) * ic
        for i in range(oh):
            for j in range(ow):
                top, left = i * stride, j * stride
                patch = x[:, first:first + ic,
                          top:top + kh * dilation:dilation, left:left + kw * dilation:dilation]
                out[:, o, i, j] = (patch * w[o]).sum(axis=(1, 2, 3))
    return out


def max_pool(x, size, stride):
    n, c, h, w = x.shape
    oh, ow = (h - size) // stride + 1, (w - size) // stride + 1
    out = np.zeros((n, c, oh, ow), x.dtype)
    for i in range(oh):
        for j in range(ow):
            out[:, :, i, j] = x[:, :, i * stride:i * stride + size,
                                j * stride:j * stride + size].max(axis=(2, 3))
    return out


class Graph:
    """A model in the making."""

    def __init__(self, name, opset=13, seed=1):
        self.name = name
        self.opset = opset
        self.random = np.random.default_rng(seed)
        self.nodes, self.constants, self.inputs, self.outputs = [], [], [], []
        self.count = 0

    def fresh(self, hint):
        self.count += 1
        return f"{hint}_{self.count}"

    def constant(self, value, hint="c"):
        name = self.fresh(hint)
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(self, op, inputs, outputs=1, domain="", **attributes):
        names = [self.fresh(op) for _ in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, name=names[0] + "_node",
                                           domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def input(self, value, name="x"):
        self.inputs.append((name, np.asarray(value)))
        return name

    def output(self, name, value):
        self.outputs.append((name, np.asarray(value)))

    def params(self, quant):
        return [self.constant(quant.scale, "scale"), self.constant(quant.zero_point, "zero")]

    def q(self, x, quant):
        return self.node("QuantizeLinear", [x] + self.params(quant))

    def dq(self, x, quant):
        return self.node("DequantizeLinear", [x] + self.params(quant))

    def qdq(self, x, quant):
        return self.dq(self.q(x, quant), quant)

    def weights(self, shape, channels=True):
        """Integers, and a scale for each output channel or one for all."""
        w = self.random.integers(-127, 128, shape).astype(np.int8)
        scale = self.random.uniform(0.004, 0.02, shape[0] if channels else ()).astype(F)
        return w, scale

    def dq_weights(self, w, scale, axis=0):
        zero = np.zeros(np.shape(scale), np.int8)
        return self.node("DequantizeLinear", [self.constant(w, "w"), self.constant(scale),
                                              self.constant(zero)], axis=axis)

    def dq_bias(self, bias, scale):
        return self.node("DequantizeLinear", [self.constant(bias.astype(np.int32), "b"),
                                              self.constant(np.asarray(scale, F))], axis=0)

    def write(self, folder):
        def info(name, value):
            kind = helper.np_dtype_to_tensor_dtype(value.dtype) if hasattr(
                helper, "np_dtype_to_tensor_dtype") else onnx.mapping.NP_TYPE_TO_TENSOR_TYPE[
                    value.dtype]
            return helper.make_tensor_value_info(name, kind, value.shape)

        graph = helper.make_graph(self.nodes, self.name, [info(*i) for i in self.inputs],
                                  [info(*o) for o in self.outputs], self.constants)
        opsets = [helper.make_opsetid("", self.opset), helper.make_opsetid("com.microsoft", 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=7,
                                  producer_name="make_onnx_models.py")
        if all(node.domain == "" for node in self.nodes):
            onnx.checker.check_model(model, full_check=True)
        target = folder / self.name
        target.mkdir(parents=True, exist_ok=True)
        (target / "model.onnx").write_bytes(model.SerializeToString())
        for kind, values in (("input", self.inputs), ("output", self.outputs)):
            for i, (name, value) in enumerate(values):
                tensor = numpy_helper.from_array(value, name)
                (target / f"{kind}_{i}.pb").write_bytes(tensor.SerializeToString())


def per_channel(values):
    return np.asarray(values).reshape(1, -1, 1, 1)


def qdq_residual():
    """uint8 activations: conv + relu, depthwise conv, sum, max pool, global average, Gemm."""
    g = Graph("qdq_residual", seed=11)
    qx, q1, q2, q3, q4, q5 = (u8(0.02, 120), u8(0.013, 0), u8(0.021, 131), u8(0.027, 99),
                              u8(0.015, 101), u8(0.05, 128))
    x = g.random.uniform(-2.2, 2.6, (1, 3, 8, 8)).astype(F)
    w1, s1 = g.weights((6, 3, 3, 3))
    b1 = g.random.integers(-900, 900, 6)
    w2, s2 = g.weights((6, 1, 3, 3))
    w3, s3 = g.weights((5, 6), channels=False)
    b3 = g.random.integers(-900, 900, 5)

    a = g.qdq(g.input(x), qx)
    y = g.node("Conv", [a, g.dq_weights(w1, s1), g.dq_bias(b1, (qx.scale * s1).astype(F))],
               pads=[1, 1, 1, 1], kernel_shape=[3, 3])
    y = first = g.qdq(g.node("Relu", [y]), q1)
    y = g.qdq(g.node("Conv", [y, g.dq_weights(w2, s2)], pads=[1, 1, 1, 1], group=6), q2)
    y = g.qdq(g.node("Add", [y, first]), q3)
    y = g.qdq(g.node("MaxPool", [y], kernel_shape=[2, 2], strides=[2, 2]), q3)
    y = g.qdq(g.node("GlobalAveragePool", [y]), q4)
    y = g.node("Flatten", [y])
    y = g.node("Gemm", [y, g.dq_weights(w3, s3), g.dq_bias(b3, F(q4.scale * s3))], transB=1)
    y = g.qdq(y, q5)

    v = qx.quantize(x)
    acc = conv(qx.centred(v), w1.astype(np.int64), pad=1) + per_channel(b1)
    v1 = q1.requantize(acc, per_channel((qx.scale * s1).astype(F)), low=0)
    acc = conv(q1.centred(v1), w2.astype(np.int64), pad=1, groups=6)
    v2 = q2.requantize(acc, per_channel((q1.scale * s2).astype(F)))
    v3 = add(v2, q2, v1, q1, q3)
    v3 = max_pool(v3, 2, 2)
    v4 = q4.requantize(q3.centred(v3).sum(axis=(2, 3)), F(q3.scale / F(16)))
    acc = q4.centred(v4) @ w3.astype(np.int64).T + b3
    v5 = q5.requantize(acc, F(q4.scale * s3))
    g.output(y, q5.dequantize(v5))
    return g


def add(a, qa, b, qb, out):
    left = (qa.centred(a).astype(F) * F(qa.scale / out.scale)).astype(F)
    right = (qb.centred(b).astype(F) * F(qb.scale / out.scale)).astype(F)
    steps = np.rint((left + right).astype(F)).astype(np.int64) + int(out.zero_point)
    return np.clip(steps, *RANGE[out.type]).astype(out.type)


def qdq_flatten():
    """int8: a Gemm right behind the Flatten of an image; weights in floats, as PyTorch writes."""
    g = Graph("qdq_flatten", seed=12)
    qx, q1, q2 = s8(0.03, -3), s8(0.04, 5), s8(0.11, -7)
    x = g.random.uniform(-3, 3, (2, 2, 6, 6)).astype(F)
    w1, s1 = g.weights((4, 2, 3, 3))
    bias = g.random.uniform(-0.5, 0.5, 4).astype(F)
    w2, s2 = g.weights((7, 4 * 3 * 3), channels=False)

    def fake_quantized(w, scale, axis):
        params = [g.constant(scale), g.constant(np.zeros(np.shape(scale), np.int8))]
        real = (w.astype(F) * np.reshape(scale, np.shape(scale) + (1,) * (
            w.ndim - 1 if np.ndim(scale) else 0))).astype(F)
        integers = g.node("QuantizeLinear", [g.constant(real, "w")] + params, axis=axis)
        return g.node("DequantizeLinear", [integers] + params, axis=axis)

    y = g.qdq(g.input(x), qx)
    y = g.node("Conv", [y, fake_quantized(w1, s1, 0), g.constant(bias)], strides=[2, 2],
               pads=[1, 1, 1, 0], auto_pad="NOTSET")
    y = g.qdq(g.node("Clip", [y, g.constant(F(0)), g.constant(F(2.5))]), q1)
    y = g.node("Reshape", [y, g.constant(np.array([0, -1], np.int64))])
    weight = g.node("Transpose", [fake_quantized(w2, s2, 0)], perm=[1, 0])
    y = g.qdq(g.node("MatMul", [y, weight]), q2)

    v = qx.centred(qx.quantize(x))
    v = np.pad(v, ((0, 0), (0, 0), (1, 1), (1, 0)))
    scale = (qx.scale * s1).astype(F)
    steps = np.rint(bias.astype(np.float64) / scale.astype(np.float64)).astype(np.int64)
    acc = conv(v, w1.astype(np.int64), stride=2) + per_channel(steps)
    v1 = q1.requantize(acc, per_channel(scale), low=0, high=2.5)
    acc = q1.centred(v1).reshape(2, -1) @ w2.astype(np.int64).T
    g.output(y, q2.dequantize(q2.requantize(acc, F(q1.scale * s2))))
    return g


def qdq_concat():
    """Two branches of other scales, average pool, a transpose, and MatMul with its Add."""
    g = Graph("qdq_concat", seed=13)
    qx, q1, q2, q3, q4, q5 = (u8(0.02, 128), u8(0.03, 110), u8(0.017, 140), u8(0.025, 120),
                              u8(0.02, 125), u8(0.09, 128))
    x = g.random.uniform(-2.5, 2.5, (1, 4, 5, 7)).astype(F)
    w1, s1 = g.weights((3, 4, 1, 1))
    w2, s2 = g.weights((5, 2, 3, 3), channels=False)
    w2 = w2[:4]
    w3, s3 = g.weights((6, 7), channels=False)
    bias = g.random.uniform(-1, 1, 7).astype(F)

    a = g.qdq(g.input(x), qx)
    left = g.qdq(g.node("Conv", [a, g.dq_weights(w1, s1)]), q1)
    right = g.qdq(g.node("Conv", [a, g.dq_weights(w2, s2)], group=2, pads=[2, 2, 2, 2],
                         dilations=[2, 2]), q2)
    y = g.qdq(g.node("Concat", [left, right], axis=1), q3)
    y = g.qdq(g.node("AveragePool", [y], kernel_shape=[3, 2], strides=[2, 1]), q4)
    y = g.node("Transpose", [y], perm=[0, 2, 1, 3])  # N, H, C, W
    y = g.node("MatMul", [y, g.dq_weights(w3, s3)])
    y = g.q(g.node("Add", [g.constant(bias), y]), q5)

    v = qx.centred(qx.quantize(x))
    v1 = q1.requantize(conv(v, w1.astype(np.int64)), per_channel((qx.scale * s1).astype(F)))
    v2 = q2.requantize(conv(v, w2.astype(np.int64), pad=2, groups=2, dilation=2),
                       F(qx.scale * s2))
    joined = np.concatenate([q3.requantize(q1.centred(v1), q1.scale),
                             q3.requantize(q2.centred(v2), q2.scale)], axis=1)
    c = q3.centred(joined)
    sums = np.stack([np.stack([c[:, :, i * 2:i * 2 + 3, j:j + 2].sum(axis=(2, 3))
                               for j in range(6)], axis=-1) for i in range(2)], axis=-2)
    v4 = q4.requantize(sums, F(q3.scale / F(6)))
    scale = F(q4.scale * s3)
    steps = np.rint(bias.astype(np.float64) / np.float64(scale)).astype(np.int64)
    acc = q4.centred(v4).transpose(0, 2, 1, 3) @ w3.astype(np.int64) + steps
    g.output(y, q5.requantize(acc, scale))
    return g


def qoperators():
    """onnxruntime's other format: every operator takes integers and gives integers."""
    g = Graph("qoperators", opset=11, seed=14)
    ms = {"domain": "com.microsoft"}
    qx, q1, q2, q3, q4, q5 = (u8(0.02, 131), u8(0.021, 128), u8(0.034, 97), u8(0.012, 120),
                              u8(0.03, 64), s8(0.2, 3))
    x = g.random.integers(0, 256, (1, 3, 6, 6)).astype(np.uint8)
    w1, s1 = g.weights((3, 3, 3, 3))
    b1 = g.random.integers(-900, 900, 3).astype(np.int32)
    w2 = g.random.integers(0, 256, (6, 4)).astype(np.uint8)  # with a zero point, uint8
    z2 = np.uint8(128)
    b2 = g.random.integers(-900, 900, 4).astype(np.int32)

    def weights(w, scale, zero):
        return [g.constant(w), g.constant(scale), g.constant(zero)]

    a = g.input(x)
    y = g.node("QLinearConv", [a] + g.params(qx) + weights(w1, s1, np.zeros(3, np.int8)) +
               g.params(q1) + [g.constant(b1)], auto_pad="SAME_UPPER")
    s = g.node("QLinearAdd", [y] + g.params(q1) + [a] + g.params(qx) + g.params(q2), **ms)
    p = g.node("QLinearMul", [y] + g.params(q1) + [a] + g.params(qx) + g.params(q3), **ms)
    c = g.node("QLinearConcat", g.params(q4) + [s] + g.params(q2) + [p] + g.params(q3), axis=1,
               **ms)
    m = g.node("MaxPool", [c], kernel_shape=[2, 2], strides=[2, 2])
    h = g.node("QLinearGlobalAveragePool", [m] + g.params(q4) + g.params(q1), channels_last=0,
               **ms)
    h = g.node("Reshape", [h, g.constant(np.array([1, 6], np.int64))])
    z = g.node("QGemm", [h] + g.params(q1) + weights(w2, F(0.011), z2) + [g.constant(b2)] +
               g.params(q5), **ms)

    v = qx.centred(x)
    v1 = q1.requantize(conv(v, w1.astype(np.int64), pad=1) + per_channel(b1),
                       per_channel((qx.scale * s1).astype(F)))
    v2 = add(v1, q1, x, qx, q2)
    v3 = q3.requantize(q1.centred(v1) * v, F(q1.scale * qx.scale))
    joined = np.concatenate([q4.requantize(q2.centred(v2), q2.scale),
                             q4.requantize(q3.centred(v3), q3.scale)], axis=1)
    pooled = max_pool(joined, 2, 2)
    v4 = q1.requantize(q4.centred(pooled).sum(axis=(2, 3)), F(q4.scale / F(9)))
    acc = q1.centred(v4) @ (w2.astype(np.int64) - 128) + b2
    g.output(c, joined)
    g.output(z, q5.requantize(acc, F(q1.scale * F(0.011))))
    return g


def dynamic():
    """What onnxruntime's dynamic quantization writes: scales are computed as it runs."""
    g = Graph("dynamic", seed=15)
    x = g.random.uniform(-1, 3, (3, 8)).astype(F)
    w, scale = g.weights((8, 5), channels=False)
    bias = g.random.uniform(-1, 1, 5).astype(F)

    integers, x_scale, x_zero = g.node("DynamicQuantizeLinear", [g.input(x)], outputs=3)
    acc = g.node("MatMulInteger", [integers, g.constant(w), x_zero, g.constant(np.int8(0))])
    real = g.node("Cast", [acc], to=TensorProto.FLOAT)
    factor = g.node("Mul", [x_scale, g.constant(scale)])
    y = g.node("Add", [g.node("Mul", [real, factor]), g.constant(bias)])
    y = g.node("Relu", [y])

    low, high = min(x.min(), F(0)), max(x.max(), F(0))
    step = F(F(high - low) / F(255))
    zero = np.uint8(np.clip(np.rint(F(F(0) - low) / step), 0, 255))
    v = np.clip(np.rint((x / step).astype(F)) + zero, 0, 255).astype(np.int64)
    sums = ((v - int(zero)) @ w.astype(np.int64)).astype(F)
    g.output(y, np.maximum((sums * F(step * scale)).astype(F) + bias, F(0)).astype(F))
    return g


def channels_last():
    """tf2onnx: images are NHWC outside, and transposes stand around the convolutions."""
    g = Graph("channels_last", seed=16)
    qx, q1, q2 = u8(0.02, 128), u8(0.02, 0), u8(0.03, 127)
    x = g.random.uniform(-2.5, 2.5, (1, 6, 5, 3)).astype(F)
    w1, s1 = g.weights((4, 3, 3, 3))
    w2, s2 = g.weights((2, 4, 1, 1))
    y = g.qdq(g.input(x), qx)
    y = g.node("Transpose", [y], perm=[0, 3, 1, 2])
    y = g.qdq(g.node("Relu", [g.node("Conv", [y, g.dq_weights(w1, s1)])]), q1)
    y = g.node("Pad", [y, g.constant(np.array([0, 0, 1, 0, 0, 0, 0, 2], np.int64)),
                       g.constant(F(0))])
    y = g.qdq(g.node("Conv", [y, g.dq_weights(w2, s2)]), q2)
    y = g.q(g.node("Transpose", [y], perm=[0, 2, 3, 1]), q2)
    v = qx.centred(qx.quantize(x)).transpose(0, 3, 1, 2)
    v1 = q1.requantize(conv(v, w1.astype(np.int64)), per_channel((qx.scale * s1).astype(F)), low=0)
    v1 = np.pad(q1.centred(v1), ((0, 0), (0, 0), (1, 0), (0, 2)))
    v2 = q2.requantize(conv(v1, w2.astype(np.int64)), per_channel((q1.scale * s2).astype(F)))
    g.output(y, v2.transpose(0, 2, 3, 1))
    return g


def table(q_in, v, function, q_out):
    """A function of each integer's real number, in binary64 rounded to binary32."""
    real = function(q_in.dequantize(v).astype(np.float64)).astype(F)
    return q_out.quantize(real)


def qdq_elements():
    """Functions of one number, and what selects, repeats, moves and reduces elements."""
    g = Graph("qdq_elements", opset=15, seed=17)
    qx, q1, q2, q3, q4 = u8(0.03, 120), u8(1 / 256, 0), s8(0.02, -60), u8(0.05, 30), u8(0.031, 99)
    x = g.random.uniform(-3.5, 3.9, (1, 4, 4, 6)).astype(F)

    def ints(*values):
        return g.constant(np.array(values, np.int64))

    a = g.qdq(g.input(x), qx)
    sigmoid = g.q(g.node("Sigmoid", [a]), q1)
    swish = g.q(g.node("HardSwish", [a]), q2)
    tanh = g.q(g.node("Tanh", [a]), q2)
    leaky = g.qdq(g.node("LeakyRelu", [a], alpha=0.125), q3)
    # Hard-swish as some exporters write it: no integers between its parts.
    gate = g.node("Clip", [g.node("Add", [a, g.constant(F(3))]), g.constant(F(0)),
                           g.constant(F(6))])
    parts = g.q(g.node("Div", [g.node("Mul", [a, gate]), g.constant(F(6))]), q4)
    larger = g.q(g.node("Max", [a, g.constant(F(-0.5))]), q4)
    cut = g.q(g.node("Slice", [leaky, ints(-1, 1), ints(-100, 6), ints(2, 3), ints(-2, 2)]), q3)
    upper, lower = g.node("Split", [leaky, ints(1, 3)], outputs=2, axis=1)
    doubled = g.q(g.node("Resize", [upper, "", g.constant(np.array([1, 1, 2, 1.5], F))],
                         mode="nearest", coordinate_transformation_mode="asymmetric",
                         nearest_mode="floor"), q3)
    mean = g.q(g.node("ReduceMean", [lower], axes=[2, 3], keepdims=0), q4)
    most = g.q(g.node("ReduceMax", [leaky], axes=[1], keepdims=1), q3)
    where = g.node("Cast", [g.node("ArgMax", [leaky], axis=-1, keepdims=0)], to=TensorProto.INT32)
    taken = g.q(g.node("Gather", [leaky, ints(3, -4, 3)], axis=1), q3)
    padded = g.q(g.node("Pad", [leaky, ints(0, 0, 2, 0, 0, 0, 0, 3)], mode="reflect"), q3)
    spread = g.q(g.node("DepthToSpace", [leaky], blocksize=2, mode="CRD"), q3)
    gathered = g.q(g.node("SpaceToDepth", [leaky], blocksize=2), q3)
    best = g.q(g.node("GlobalMaxPool", [leaky]), q3)
    square = g.q(g.node("Pow", [leaky, g.constant(F(2))]), q4)
    tiled = g.q(g.node("Tile", [upper, ints(1, 2, 1, 1)]), q3)

    def sigmoid_of(r):
        return 1 / (1 + np.exp(-r))

    def hard_swish(r):
        r = r.astype(F)
        return r * np.clip(r / F(6) + F(0.5), F(0), F(1))

    def in_parts(r):
        r = r.astype(F)
        return (r * np.clip(r + F(3), F(0), F(6))) / F(6)

    v = qx.quantize(x)
    v3 = table(qx, v, lambda r: np.where(r < 0, F(0.125) * r.astype(F), r.astype(F)), q3)
    g.output(sigmoid, table(qx, v, sigmoid_of, q1))
    g.output(swish, table(qx, v, hard_swish, q2))
    g.output(tanh, table(qx, v, np.tanh, q2))
    g.output(parts, table(qx, v, in_parts, q4))
    g.output(larger, table(qx, v, lambda r: np.maximum(r, -0.5), q4))
    g.output(cut, v3[:, :, ::-2, 1:6:2])
    rows, columns = np.arange(8) // 2, np.floor(np.arange(9, dtype=F) / F(1.5)).astype(int)
    g.output(doubled, v3[:, :1][:, :, rows][:, :, :, columns])
    sums = q3.centred(v3[:, 1:]).sum(axis=(2, 3))
    g.output(mean, q4.requantize(sums, F(q3.scale / F(24))))
    g.output(most, v3.max(axis=1, keepdims=True))
    g.output(where, v3.argmax(axis=-1).astype(np.int32))
    g.output(taken, v3[:, [3, 0, 3]])
    g.output(padded, np.pad(v3, ((0, 0), (0, 0), (2, 0), (0, 3)), mode="reflect"))
    blocks = v3.reshape(1, 1, 2, 2, 4, 6).transpose(0, 1, 4, 2, 5, 3)
    g.output(spread, blocks.reshape(1, 1, 8, 12))
    blocks = v3.reshape(1, 4, 2, 2, 3, 2).transpose(0, 3, 5, 1, 2, 4)
    g.output(gathered, blocks.reshape(1, 16, 2, 3))
    g.output(tiled, np.tile(v3[:, :1], (1, 2, 1, 1)))
    g.output(best, v3.max(axis=(2, 3), keepdims=True))
    g.output(square, table(q3, v3, lambda r: r * r, q4))
    return g


def main():
    default = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "onnx"
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", metavar="FOLDER", nargs="?", type=pathlib.Path, default=default,
                        help="folder to write (default: %(default)s)")
    folder = parser.parse_args().folder
    for make in (qdq_residual, qdq_flatten, qdq_concat, qoperators, dynamic, channels_last,
                 qdq_elements):
        make().write(folder)


if __name__ == "__main__":
    main()
