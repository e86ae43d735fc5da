#!/usr/bin/python3
"""Perceptrons of one or two layers, and LeNet-5, grown from genomes and trained with PyTorch.

--tuning usual: torch.optim.Adam, and denormal numbers as PyTorch leaves them. --tuning hand: an Adam of our own
over one flat array, and denormal numbers flushed to zero. All else is alike: batches gathered into memory that
stays, weights in the layout of torch.nn.Linear, the form that was fastest."""
import math
import time

import peer
from peer import np

try:
    import torch
except ImportError as error:
    peer.skip(f"PyTorch is missing ({error}): apt-get install python3-torch libopenblas0-pthread")
from torch.nn.functional import cross_entropy, linear


class Batches:
    """A training set on the device; every replica walks through its own shuffled epochs."""

    def __init__(self, chosen, data, replicas):
        self.images, self.labels = data
        self.replicas, self.size = replicas, chosen.batch
        self.steps = len(self.labels) // self.size  # an epoch, whole batches only
        rows = replicas * self.size
        # Written anew by every step: no allocation, no page fault.
        self.batch = torch.empty(rows, self.images.shape[1], dtype=self.images.dtype, device=chosen.device)
        self.batch_labels = torch.empty(rows, dtype=torch.int64, device=chosen.device)
        self.order = torch.empty(self.steps, rows, dtype=torch.int64, device=chosen.device)
        self.shuffle()

    def shuffle(self):
        """order[k]: the rows of step k, all replicas'."""
        count, used = len(self.labels), self.steps * self.size
        if self.images.is_cuda:
            # One sort for many replicas; in parts, as its keys take memory.
            parts = [torch.rand(min(50, self.replicas - r), count, device="cuda").argsort(1)[:, :used]
                     for r in range(0, self.replicas, 50)]
            drawn = torch.cat(parts)
        else:
            drawn = torch.stack([torch.randperm(count)[:used] for _ in range(self.replicas)])
        self.order.copy_(drawn.view(self.replicas, self.steps, self.size).transpose(0, 1).reshape(self.steps, -1))

    def gather(self, rows):
        torch.index_select(self.images, 0, rows, out=self.batch)
        torch.index_select(self.labels, 0, rows, out=self.batch_labels)


class Network:
    """The genome's arrays and the network's outputs. One replica is held without the axis of replicas."""

    def __init__(self, chosen, seeds):
        self.chosen, self.replicas = chosen, len(seeds)
        learned, frozen = peer.draw(chosen, seeds)
        if chosen.genome == "sgem":  # centres and widths apart: a slice costs its backward a copy
            for name, suffix in (("P", ""), ("Q", "_hidden")):
                if name in learned:
                    places = learned.pop(name)
                    learned.update({"m" + suffix: places[:, :2], "q" + suffix: places[:, 2:]})
        # Pixels along the last axis, as in torch.nn.Linear: the faster way round for products this narrow.
        for name in ("W", "V", "X", "H"):
            if name in learned:
                learned[name] = learned[name].swapaxes(1, 2)
        self.learned = {name: self.tensor(array).requires_grad_() for name, array in learned.items()}
        self.outputs = self.tensor(frozen["Yt"]) if frozen else None
        if chosen.hidden and frozen:  # one number a replica and layer
            self.scales = [self.tensor(frozen["s"][:, at]).unsqueeze(-1).unsqueeze(-1) for at in range(2)]
        self.grids = {neurons: [torch.from_numpy(axis).to(chosen.device).unsqueeze(-1) for axis in peer.grid(neurons)]
                      for neurons in {peer.INPUTS, chosen.hidden} - {0}}

    def tensor(self, array):
        array = array[0] if self.replicas == 1 else array
        return torch.from_numpy(np.array(array)).to(self.chosen.device)

    def expression(self, suffix="", neurons=peer.INPUTS):
        """X^T, genes x neurons. S-GEM's exp(-(|c - tanh m| exp q)^2) is a product of one factor an axis; with
        genes along the last axis in memory its small steps are faster."""
        if self.chosen.genome == "gem":
            return self.learned["H" if suffix else "X"]
        inverse_width = torch.exp(self.learned["q" + suffix])
        centres = torch.tanh(self.learned["m" + suffix])
        u, v = [torch.exp(-((axis - centre) * inverse_width).square())
                for axis, centre in zip(self.grids[neurons], centres.split(1, -2))]
        return (u.unsqueeze(-2) * v.unsqueeze(-3)).flatten(-3, -2).transpose(-1, -2)

    def logits(self, images):
        """images: batch x pixels, or replicas x batch x pixels."""
        if self.chosen.genome == "direct":
            sums = apply(images, self.learned["W"])
            return apply(sums.relu_(), self.learned["V"]) if self.chosen.hidden else sums
        x, o = self.expression(), self.learned["O"]
        if not self.chosen.hidden:
            return self.layer(images, x, o, self.outputs)
        h = self.expression("_hidden", self.chosen.hidden)
        hidden = self.layer(images, x, o * self.scales[0], h).relu_()
        return self.layer(hidden, h, o * self.scales[1], self.outputs)

    def layer(self, inputs, x, o, outputs):
        if self.chosen.form == "naive":
            return apply(inputs, (o @ outputs).transpose(-1, -2) @ x)
        return apply(inputs, x) @ o @ outputs

    def loss(self, batches):
        """Mean over the replicas' batches."""
        batch = batches.batch
        if self.replicas > 1:
            batch = batch.view(self.replicas, batches.size, peer.INPUTS)
        return cross_entropy(self.logits(batch).view(-1, peer.CLASSES), batches.batch_labels)


def network(chosen, data, seeds):
    if not chosen.lenet:
        return Network(chosen, seeds)
    import pytorch_lenet
    return pytorch_lenet.network(chosen, data[0], seeds)


def apply(images, weights):
    """images times weights^T, one product a replica."""
    return linear(images, weights) if weights.dim() == 2 else torch.bmm(images, weights.transpose(1, 2))


class FlatAdam:
    """Adam over one array of which all parameters and gradients are views. Faster here than torch.optim.Adam,
    whose loop over parameters and hooks cost as much as the arithmetic."""

    def __init__(self, parameters, rate):
        self.rate, self.steps = rate, 0
        size = sum(p.numel() for p in parameters)
        device = parameters[0].device
        self.values, self.gradient, self.mean, self.square, self.root = torch.zeros(5, size, device=device).unbind()
        at = 0
        for p in parameters:
            part = slice(at, at + p.numel())
            self.values[part] = p.detach().reshape(-1)
            p.data, p.grad = self.values[part].view_as(p), self.gradient[part].view_as(p)
            at += p.numel()

    def zero_grad(self, set_to_none):  # views cannot be let go of
        self.gradient.zero_()

    @torch.no_grad()
    def step(self):
        self.steps += 1
        correction = math.sqrt(1 - peer.BETA2 ** self.steps)
        rate = self.rate * correction / (1 - peer.BETA1 ** self.steps)
        self.mean.lerp_(self.gradient, 1 - peer.BETA1)
        self.square.mul_(peer.BETA2).addcmul_(self.gradient, self.gradient, value=1 - peer.BETA2)
        torch.sqrt(self.square, out=self.root).add_(peer.EPSILON * correction)
        self.values.addcdiv_(self.mean, self.root, value=-rate)


def cuda_adam(parameters, rate):
    """torch.optim.Adam that a graph may capture; fused where this PyTorch has it."""
    settings = dict(lr=rate, betas=(peer.BETA1, peer.BETA2), eps=peer.EPSILON, capturable=True)
    try:
        return torch.optim.Adam(parameters, fused=True, **settings)
    except (TypeError, RuntimeError):
        return torch.optim.Adam(parameters, foreach=True, **settings)


class CpuTraining:
    def __init__(self, chosen, data, seeds):
        self.batches, self.network = Batches(chosen, data, len(seeds)), network(chosen, data, seeds)
        parameters = list(self.network.learned.values())
        if chosen.tuning == "hand":
            self.adam = FlatAdam(parameters, chosen.rate)
        else:  # foreach=True was slower here, for two or three small arrays
            self.adam = torch.optim.Adam(parameters, lr=chosen.rate, betas=(peer.BETA1, peer.BETA2),
                                         eps=peer.EPSILON, foreach=False)
        self.upstream = torch.tensor(float(len(seeds)))  # a replica's gradient is that of its own mean
        self.at = 0

    def step(self):
        if self.at == self.batches.steps:
            self.batches.shuffle()
            self.at = 0
        self.batches.gather(self.batches.order[self.at])
        self.at += 1
        self.adam.zero_grad(set_to_none=True)
        loss = self.network.loss(self.batches)
        loss.backward(self.upstream)
        self.adam.step()
        return loss

    def synchronize(self):
        pass


class CudaTraining:
    """The step is a CUDA graph: it reads its rows at a counter in device memory, so that a replay needs no
    argument."""

    def __init__(self, chosen, data, seeds):
        self.batches, self.network = Batches(chosen, data, len(seeds)), network(chosen, data, seeds)
        self.adam = cuda_adam(list(self.network.learned.values()), chosen.rate)
        self.upstream = torch.tensor(float(len(seeds)), device="cuda")
        self.counter = torch.zeros(1, dtype=torch.int64, device="cuda")
        self.at = 0
        self.capture()

    def capture(self):
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):  # as a capture asks for
            for _ in range(3):  # cuBLAS, the allocator and the optimizer set themselves up outside the graph
                self.work()
        torch.cuda.current_stream().wait_stream(side)
        self.adam.zero_grad(set_to_none=True)  # the graph writes gradients instead of adding to them
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.loss = self.work(forget=False)
        self.counter.zero_()

    def work(self, forget=True):
        if forget:
            self.adam.zero_grad(set_to_none=True)
        self.batches.gather(self.batches.order.index_select(0, self.counter).view(-1))
        self.counter.add_(1)
        loss = self.network.loss(self.batches)
        loss.backward(self.upstream)
        self.adam.step()
        return loss.detach()

    def step(self):
        if self.at == self.batches.steps:
            self.batches.shuffle()
            self.counter.zero_()
            self.at = 0
        self.at += 1
        self.graph.replay()
        return self.loss

    def synchronize(self):
        torch.cuda.synchronize()


def load(chosen):
    images, labels = peer.training_set(chosen)
    return torch.from_numpy(images).to(chosen.device), torch.from_numpy(labels).to(chosen.device)


def trainings(chosen):
    """One of all replicas, or one of each."""
    data, seeds = load(chosen), range(chosen.replicas)
    groups = [list(seeds)] if chosen.order == "batched" else [[seed] for seed in seeds]
    kind = CudaTraining if chosen.device == "cuda" else CpuTraining
    return [kind(chosen, data, group) for group in groups]


def window(chosen, all_trainings):
    """Mean loss of the next steps."""
    losses = [training.step().item() for training in all_trainings for _ in range(chosen.window)]
    return sum(losses) / len(losses)


def set_up(chosen):
    if chosen.device == "cuda" and not torch.cuda.is_available():
        peer.skip(f"PyTorch {torch.__version__} has no CUDA device here")
    torch.set_num_threads(chosen.threads)
    torch.set_flush_denormal(chosen.tuning == "hand")  # far from its centre a Gaussian is denormal: S-GEM is 1.4 times as fast
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.manual_seed(0)


def main():
    chosen = peer.options("PyTorch", ["usual", "hand"])
    set_up(chosen)
    all_trainings = trainings(chosen)
    first_loss = window(chosen, all_trainings)
    begin = time.perf_counter()
    for training in all_trainings:
        for _ in range(chosen.steps):
            training.step()
        training.synchronize()
    seconds = time.perf_counter() - begin
    device = torch.cuda.get_device_name() if chosen.device == "cuda" else f"CPU, threads: {torch.get_num_threads()}"
    peer.report("pytorch", torch.__version__, chosen, seconds, first_loss, window(chosen, all_trainings), device)


if __name__ == "__main__":
    main()
