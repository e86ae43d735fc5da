"""What the peers share: options, the files of MNIST and CIFAR-10, the line of JSON that each prints."""
import argparse
import gzip
import json
import lzma
import math
import os
import resource
import sys

SKIPPED = 77  # exit status where the library or the device is missing


def skip(reason):
    print(reason, file=sys.stderr)
    sys.exit(SKIPPED)


try:
    import numpy as np
except ImportError as missing:
    skip(f"{sys.executable} has no NumPy, and so neither PyTorch nor JAX: Debian's python3-torch "
         f"libopenblas0-pthread, or jax from PyPI ({missing})")

HEIGHT, WIDTH, CLASSES = 28, 28, 10
INPUTS = HEIGHT * WIDTH
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


def options(who, tunings=()):
    """`tunings`: how much work by hand went into the training, the first by default."""
    parser = argparse.ArgumentParser(
        description=f"Trains perceptrons on MNIST (batch 64) or LeNet-5 (batch 128) with {who}: float32, Adam. "
                    "Prints one line of JSON. Only the training steps are timed.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--data", required=True, help="folder with the set's files, or with a folder mnist or cifar-10")
    parser.add_argument("--lenet", choices=["mnist", "cifar-10"],
                        help="LeNet-5 on this set: direct is the plain one, of sgem each field has weights of its own")
    parser.add_argument("--genome", choices=["direct", "gem", "sgem"], default="sgem", help="encoding")
    parser.add_argument("--genes", type=int, default=26, help="G; direct has none")
    parser.add_argument("--hidden", type=int, default=0, help="rectified units between pixels and classes; 0: none")
    parser.add_argument("--replicas", type=int, default=1, help="independent runs")
    parser.add_argument("--order", choices=["batched", "in-turn"], default="batched",
                        help="replicas as one batch, or each through all steps before the next")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    parser.add_argument("--steps", type=int, default=2000, help="timed steps of each replica")
    parser.add_argument("--rate", type=float, default=1e-3, help="learning rate")
    parser.add_argument("--dense", action="store_true", help="pixels of 0 become 1: no input is 0")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu", help="where to train")
    parser.add_argument("--form", help="factored: ((A X) O) Y^T; naive: form W. S-GEM LeNet-5: tiles, large-tiles, rows or naive; plain: "
                                       "naive, channels-last or (JAX) rows (default: the first that is named)")
    if tunings:
        parser.add_argument("--tuning", choices=tunings, default=tunings[0], help="see the top of the script")
    chosen = parser.parse_args()
    if min(chosen.genes, chosen.replicas, chosen.threads, chosen.steps) < 1:
        parser.error("--genes, --replicas, --threads and --steps are at least 1")
    if chosen.lenet and (chosen.genome == "gem" or chosen.hidden or chosen.dense or chosen.replicas > 1):
        parser.error("--lenet is direct or sgem, one replica, without --hidden and --dense")
    possible = forms(chosen, who)
    chosen.form = chosen.form or possible[0]
    if chosen.form not in possible:
        parser.error(f"--form is one of {', '.join(possible)} here")
    chosen.batch = 128 if chosen.lenet else 64
    # Steps over which a loss is averaged; as many are done before the clock starts.
    chosen.window = 20 if chosen.lenet else 50
    return chosen


def forms(chosen, who):
    """The ways to do the same, the default first."""
    if not chosen.lenet:
        return ["factored", "naive"]
    if chosen.genome == "sgem":
        return ["tiles", "large-tiles", "rows", "naive"]
    return ["naive", "channels-last"] + ["rows"] * (who == "JAX")


def values(folder, stem, header):
    """The bytes of an IDX file behind its header."""
    for suffix, open_file in (("", open), (".gz", gzip.open), (".xz", lzma.open)):
        name = os.path.join(folder, stem + suffix)
        if os.path.exists(name):
            with open_file(name, "rb") as file:
                return np.frombuffer(bytearray(file.read()), np.uint8)[header:]
    sys.exit(f"{folder}: has no {stem} (nor .gz, .xz)")


def below(data, name):
    folder = os.path.join(data, name)
    return folder if os.path.isdir(folder) else data


def mnist(data):
    """Training images (count x pixels) and labels, as bytes."""
    folder = below(data, "mnist")
    return (values(folder, "train-images-idx3-ubyte", 16).reshape(-1, INPUTS),
            values(folder, "train-labels-idx1-ubyte", 8))


def cifar10(data):
    """The same; a pixel's colours lie side by side."""
    folder, count = below(data, "cifar-10"), 10000
    images, labels = np.empty((5 * count, 1024, 3), np.uint8), np.empty(5 * count, np.uint8)
    for at in range(5):
        records = values(folder, f"data_batch_{at + 1}.bin", 0).reshape(count, 3073)
        part = slice(at * count, (at + 1) * count)
        labels[part], images[part] = records[:, 0], records[:, 1:].reshape(count, 3, 1024).swapaxes(1, 2)
    return images.reshape(5 * count, -1), labels


def training_set(chosen):
    """Images and labels (int64). LeNet-5 is given bytes, the perceptron numbers in [0, 1] (float32)."""
    images, labels = cifar10(chosen.data) if chosen.lenet == "cifar-10" else mnist(chosen.data)
    if chosen.dense:
        images = np.maximum(images, 1)
    if not chosen.lenet:
        images = images.astype(np.float32) / np.float32(255)
    return images, labels.astype(np.int64)


def standard(lenet, images):
    """What makes numbers of bytes: a factor and a summand for each channel. MNIST: in [0, 1]; CIFAR-10: mean 0,
    deviation 1."""
    if lenet == "mnist":
        return np.array([1 / 255], np.float32), np.zeros(1, np.float32)
    counts = sum(np.stack([np.bincount(some[:, channel::3].ravel(), minlength=256) for channel in range(3)])
                 for some in np.split(images, 50))  # at once they would take 8 bytes a byte
    mean = counts @ np.arange(256) / counts.sum(1)
    deviation = np.sqrt(counts @ np.arange(256) ** 2 / counts.sum(1) - mean ** 2)
    return (1 / deviation).astype(np.float32), (-mean / deviation).astype(np.float32)


def grid(neurons=INPUTS):
    """Coordinates of the rows and of the columns of a grid, as square as the number of its neurons allows: each from -1
    to 1."""
    height = next(h for h in range(math.isqrt(neurons), 0, -1) if neurons % h == 0)
    return [np.linspace(-1, 1, count).astype(np.float32) for count in (height, neurons // height)]


def expression(places, neurons=INPUTS):
    """S-GEM's X (neurons x genes): exp(-(|c_j - tanh m_g| exp q_g)^2), a product over the two axes."""
    u, v = [np.exp(-((axis[:, None] - np.tanh(m)) * np.exp(places[2])) ** 2)
            for axis, m in zip(grid(neurons), places[:2])]
    return (u[:, None] * v[None]).reshape(neurons, -1)


def draw_places(genes, generator):
    return np.concatenate([np.arctanh(0.95 * generator.uniform(-1, 1, (2, genes))),
                           np.full((1, genes), -math.log(0.15))])


def draw_hidden(genome, genes, hidden, generator):
    """Two layers: H (or its places) is the hidden units' expression; s holds both layers' scales."""
    normal = generator.standard_normal
    if genome == "direct":
        halves = [1 / math.sqrt(n) for n in (INPUTS, hidden)]
        return {"W": generator.uniform(-halves[0], halves[0], (INPUTS, hidden)),
                "V": generator.uniform(-halves[1], halves[1], (hidden, CLASSES))}, {}
    if genome == "gem":
        learned = {"X": normal((INPUTS, genes)) / math.sqrt(INPUTS), "H": normal((hidden, genes)) / math.sqrt(hidden),
                   "O": normal((genes, genes)) / math.sqrt(genes)}
        x, h = learned["X"], learned["H"]
    else:
        learned = {"P": draw_places(genes, generator), "Q": draw_places(genes, generator),
                   "O": 0.3 * normal((genes, genes)) / math.sqrt(genes)}
        x, h = expression(learned["P"]), expression(learned["Q"], hidden)
    outputs = normal((genes, CLASSES))
    weights = x @ learned["O"] @ h.T, h @ learned["O"] @ outputs
    return learned, {"Yt": outputs, "s": np.array([math.sqrt(2 / len(w)) / np.std(w) for w in weights])}


def draw_one(genome, genes, hidden, generator):
    """A genome as the engine's preset `tuned` draws it. With one layer the scale s is part of Y^T, which is not
    learned."""
    normal = generator.standard_normal
    if hidden:
        return draw_hidden(genome, genes, hidden, generator)
    if genome == "direct":
        half = 1 / math.sqrt(INPUTS)
        return {"W": generator.uniform(-half, half, (INPUTS, CLASSES))}, {}
    outputs = normal((genes, CLASSES))
    if genome == "gem":
        learned = {"X": normal((INPUTS, genes)) / math.sqrt(INPUTS), "O": normal((genes, genes)) / math.sqrt(genes)}
        return learned, {"Yt": outputs / math.sqrt(genes)}
    places = draw_places(genes, generator)
    interaction, outputs = normal((genes, genes)), 0.3 * outputs
    deviation = np.std(expression(places) @ interaction @ outputs)
    return {"P": places, "O": interaction * math.sqrt(2 / INPUTS) / deviation}, {"Yt": outputs}


def draw(chosen, seeds):
    """Learned and frozen arrays by name (replicas x rows x columns, float32), each replica from its own seed."""
    all_drawn = [draw_one(chosen.genome, chosen.genes, chosen.hidden, np.random.default_rng(seed)) for seed in seeds]
    return [{name: np.stack([drawn[part][name] for drawn in all_drawn]).astype(np.float32)
             for name in all_drawn[0][part]} for part in (0, 1)]


def report(who, version, chosen, seconds, first_loss, loss, device):
    """Prints the line; a training that does not learn is an error."""
    print(json.dumps({
        "who": who, "version": version, "genome": chosen.genome,
        "genes": 1 if chosen.genome == "direct" else chosen.genes, "replicas": chosen.replicas,
        "hidden": chosen.hidden, "threads": chosen.threads, "steps": chosen.steps, "form": chosen.form, "order": chosen.order,
        "lenet": chosen.lenet, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
        "seconds": seconds, "us_per_step": seconds / chosen.steps / chosen.replicas * 1e6,
        "first_loss": first_loss, "loss": loss, "device": device}))
    if not loss < first_loss:
        sys.exit(f"the loss did not fall: {first_loss} at first, {loss} at the end")
