"""What the peers share: options, MNIST's IDX files, the line of JSON that each prints."""
import argparse
import gzip
import json
import lzma
import math
import os
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

BATCH, HEIGHT, WIDTH, CLASSES = 64, 28, 28, 10
INPUTS = HEIGHT * WIDTH
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
WINDOW = 50  # steps over which a loss is averaged; as many are done before the clock starts


def options(who, tunings=()):
    """`tunings`: how much work by hand went into the training, the first by default."""
    parser = argparse.ArgumentParser(
        description=f"Trains perceptrons on MNIST with {who}: batch {BATCH}, float32, Adam. "
                    "Prints one line of JSON. Only the training steps are timed.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--data", required=True, help="folder with MNIST's IDX files, or with a folder mnist")
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
    parser.add_argument("--form", choices=["naive", "factored"], default="factored",
                        help="naive: form W; factored: ((A X) O) Y^T")
    if tunings:
        parser.add_argument("--tuning", choices=tunings, default=tunings[0], help="see the top of the script")
    chosen = parser.parse_args()
    if min(chosen.genes, chosen.replicas, chosen.threads, chosen.steps) < 1:
        parser.error("--genes, --replicas, --threads and --steps are at least 1")
    return chosen


def values(folder, stem, header):
    """The bytes of an IDX file behind its header."""
    for suffix, open_file in (("", open), (".gz", gzip.open), (".xz", lzma.open)):
        name = os.path.join(folder, stem + suffix)
        if os.path.exists(name):
            with open_file(name, "rb") as file:
                return np.frombuffer(file.read(), np.uint8)[header:]
    sys.exit(f"{folder}: has no {stem} (nor .gz, .xz)")


def mnist(data, dense):
    """Training images in [0, 1] (count x pixels, float32) and labels (int64)."""
    below = os.path.join(data, "mnist")
    folder = below if os.path.isdir(below) else data
    images = values(folder, "train-images-idx3-ubyte", 16).reshape(-1, INPUTS)
    labels = values(folder, "train-labels-idx1-ubyte", 8)
    if dense:
        images = np.maximum(images, 1)
    return images.astype(np.float32) / np.float32(255), labels.astype(np.int64)


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
        "seconds": seconds, "us_per_step": seconds / chosen.steps / chosen.replicas * 1e6,
        "first_loss": first_loss, "loss": loss, "device": device}))
    if not loss < first_loss:
        sys.exit(f"the loss did not fall: {first_loss} at first, {loss} at the end")
