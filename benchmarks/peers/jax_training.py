#!/usr/bin/env python3
"""Perceptrons of one or two layers, and LeNet-5, grown from genomes and trained with JAX: jit(vmap(lax.scan)), or
lax.map for vmap."""
import os
import time

import peer

chosen = peer.options("JAX")
# Read when JAX is imported.
os.environ["JAX_PLATFORMS"] = chosen.device
if chosen.device == "cpu" and chosen.threads == 1:
    os.environ["XLA_FLAGS"] = (os.environ.get("XLA_FLAGS", "") +
                               " --xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1").strip()
try:
    import jax
    import jax.numpy as jnp
    from jax import lax
except ImportError as error:
    peer.skip(f"JAX is missing ({error}): pip install jax, or jax[cuda12] for --device cuda")
import numpy as np

import jax_lenet
import lenet

jax.config.update("jax_default_matmul_precision", "highest")  # no TF32 on a GPU


def expression(places, neurons=peer.INPUTS):
    """S-GEM's X: exp(-(|c - tanh m| exp q)^2) is a product of one factor an axis."""
    u, v = [jnp.exp(-((axis[:, None] - jnp.tanh(m)) * jnp.exp(places[2])) ** 2)
            for axis, m in zip(peer.grid(neurons), places[:2])]
    return (u[:, None] * v[None]).reshape(neurons, -1)


def layer(inputs, x, o, outputs):
    if chosen.form == "naive":
        return inputs @ (x @ (o @ outputs))
    return inputs @ x @ o @ outputs


def logits(learned, frozen, images):
    if chosen.lenet:
        return jax_lenet.logits(chosen, learned, frozen, images)
    if chosen.genome == "direct":
        sums = images @ learned["W"]
        return jax.nn.relu(sums) @ learned["V"] if chosen.hidden else sums
    x = learned["X"] if chosen.genome == "gem" else expression(learned["P"])
    if not chosen.hidden:
        return layer(images, x, learned["O"], frozen["Yt"])
    h = learned["H"] if chosen.genome == "gem" else expression(learned["Q"], chosen.hidden)
    hidden = jax.nn.relu(layer(images, x, frozen["s"][0] * learned["O"], h.T))
    return layer(hidden, h, frozen["s"][1] * learned["O"], frozen["Yt"])


def mean_loss(learned, frozen, images, labels):
    scores = jax.nn.log_softmax(logits(learned, frozen, images))
    return -jnp.take_along_axis(scores, labels[:, None], axis=1).mean()


def adam(state, gradient):
    learned, mean, square, steps = state
    steps = steps + 1
    tree = jax.tree_util.tree_map
    mean = tree(lambda m, g: m + (1 - peer.BETA1) * (g - m), mean, gradient)
    square = tree(lambda v, g: peer.BETA2 * v + (1 - peer.BETA2) * g * g, square, gradient)
    correction = jnp.sqrt(1 - peer.BETA2 ** steps)
    rate = chosen.rate * correction / (1 - peer.BETA1 ** steps)
    learned = tree(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + peer.EPSILON * correction), learned, mean, square)
    return learned, mean, square, steps


def train_one(state, frozen, order, images, labels):
    """One replica through the steps whose rows `order` holds; the mean of their losses."""
    def step(state, rows):
        loss, gradient = jax.value_and_grad(mean_loss)(state[0], frozen, images[rows], labels[rows])
        return adam(state, gradient), loss
    state, losses = lax.scan(step, state, order)
    return state, losses.mean()


def train_all(state, frozen, order, images, labels):
    if chosen.order == "batched":
        return jax.vmap(train_one, in_axes=(0, 0, 0, None, None))(state, frozen, order, images, labels)
    return lax.map(lambda own: train_one(*own, images, labels), (state, frozen, order))


train = jax.jit(train_all, donate_argnums=0)


class Orders:
    """Shuffled epochs, each replica's own. The host is faster at it than XLA's sort on a CPU."""

    def __init__(self, count):
        self.count, self.steps = count, count // chosen.batch
        self.generator = np.random.default_rng(1)
        self.key = jax.random.PRNGKey(1)
        drawn = jax.vmap(lambda key: jax.random.permutation(key, count))
        self.on_device = jax.jit(lambda key: drawn(jax.random.split(key, chosen.replicas)).astype(jnp.int32))
        self.shuffle()

    def shuffle(self):
        if chosen.device == "cuda":
            self.key, key = jax.random.split(self.key)
            shuffled = self.on_device(key)
        else:
            shuffled = np.stack([self.generator.permutation(self.count) for _ in range(chosen.replicas)])
            shuffled = shuffled.astype(np.int32)
        used = self.steps * chosen.batch
        self.order, self.at = shuffled[:, :used].reshape(chosen.replicas, self.steps, chosen.batch), 0

    def next(self, steps):
        """The rows of as many steps, at most an epoch's; a new epoch begins where this one has too few left."""
        if self.at + steps > self.steps:
            self.shuffle()
        self.at += steps
        return self.order[:, self.at - steps:self.at]


class Training:
    def __init__(self):
        images, labels = peer.training_set(chosen)
        self.images, self.labels = jax.device_put(images), jax.device_put(labels.astype(np.int32))
        self.orders = Orders(len(labels))
        drawn = (lenet if chosen.lenet else peer).draw(chosen, range(chosen.replicas))
        if chosen.lenet:
            drawn[1]["scale"], drawn[1]["shift"] = [array[None] for array in peer.standard(chosen.lenet, images)]
        learned, frozen = jax.tree_util.tree_map(jnp.asarray, drawn)
        zeros = jax.tree_util.tree_map(jnp.zeros_like, learned)
        again = jax.tree_util.tree_map(jnp.zeros_like, learned)
        self.state, self.frozen = (learned, zeros, again, jnp.zeros(chosen.replicas, jnp.int32)), frozen

    def run(self, steps):
        """Not beyond an epoch. Returns the mean loss."""
        self.state, loss = train(self.state, self.frozen, self.orders.next(steps), self.images, self.labels)
        return loss

    def run_all(self, calls):
        for steps in calls:
            loss = self.run(steps)
        jax.block_until_ready(self.state)
        return float(loss.mean())


def require_device():
    try:
        jax.devices()
    except (RuntimeError, AssertionError) as error:  # which of them depends on JAX's version
        peer.skip(f"JAX {jax.__version__} has no {chosen.device} device here: {error or 'no backend'}")


def main():
    require_device()
    training = Training()
    whole, rest = divmod(chosen.steps, training.orders.steps)
    calls = [training.orders.steps] * whole + [rest] * (rest > 0)
    first_loss = training.run_all([chosen.window])
    training.run_all(sorted(set(calls)))  # a compilation for each length
    begin = time.perf_counter()
    training.run_all(calls)
    seconds = time.perf_counter() - begin
    loss = training.run_all([chosen.window])
    peer.report("jax", jax.__version__, chosen, seconds, first_loss, loss, str(jax.devices()[0]))


if __name__ == "__main__":
    main()
