"""LeNet-5 with JAX: plain, or S-GEM LeNet-5, which grows weights for each place of its fields. Forms as in
pytorch_lenet.py; and plain as products of gathered rows, as XLA's convolutions are slow on a CPU."""
import jax
import jax.numpy as jnp
from jax import lax

import lenet


def logits(chosen, learned, frozen, images):
    """images: batch x pixels, bytes."""
    side, channels, _ = lenet.maps(chosen.lenet)[0]
    h = images.reshape(-1, side, side, channels) * frozen["scale"] + frozen["shift"]
    if chosen.genome == "direct":
        return (products if chosen.form == "rows" else convolutions)(chosen, learned, h)
    return (naive if chosen.form == "naive" else gathered)(chosen, learned, frozen["s"], h)


def pooled(h, side):
    """A map (side x side x ...), by windows of 2 x 2."""
    return h.reshape(side // 2, 2, side // 2, 2, -1).mean((1, 3))


def convolutions(chosen, learned, h):
    last = chosen.form == "channels-last"
    layouts = ("NHWC", "HWIO", "NHWC") if last else ("NCHW", "OIHW", "NCHW")
    rows = 1 if last else 2  # axis
    h = h if last else h.transpose(0, 3, 1, 2)
    for at, (_, _, padding) in enumerate(lenet.maps(chosen.lenet)):
        kernels, bias = learned[f"W{at}"], learned[f"bias{at}"]
        kernels = kernels.transpose(2, 3, 1, 0) if last else kernels
        h = lax.conv_general_dilated(h, kernels, (1, 1), [(padding, padding)] * 2, dimension_numbers=layouts)
        h = jax.nn.relu(h + (bias if last else bias[:, None, None]))
        half = h.shape[rows] // 2
        h = h.reshape(*h.shape[:rows], half, 2, half, 2, *h.shape[rows + 2:]).mean((rows + 1, rows + 3))
    return plain_dense(learned, h.reshape(len(h), -1))


def products(chosen, learned, h):
    """Neurons x images; what places see is gathered, and all of them are one product."""
    h = h.transpose(1, 2, 3, 0)
    for at, ((side, channels, padding), own) in enumerate(zip(lenet.maps(chosen.lenet), lenet.places(chosen.lenet))):
        h = jnp.pad(h.reshape(side, side, channels, -1), [(padding, padding)] * 2 + [(0, 0)] * 2)
        rows, _ = lenet.fields(side + 2 * padding, channels, 0, 1)
        seen = h.reshape(-1, h.shape[-1])[rows.T]
        kernels = learned[f"W{at}"].transpose(0, 2, 3, 1).reshape(-1, len(seen))
        sums = kernels @ seen.reshape(len(seen), -1) + learned[f"bias{at}"][:, None]
        h = jax.nn.relu(sums).reshape(-1, own // 2, 2, own // 2, 2, h.shape[-1]).mean((2, 4)).transpose(1, 2, 0, 3)
    return plain_dense(learned, h.reshape(-1, h.shape[-1]).T)


def plain_dense(learned, h):
    for at in (2, 3, 4):
        h = h @ learned[f"W{at}"].T + learned[f"bias{at}"]
        h = jax.nn.relu(h) if at < 4 else h
    return h


def expressed(chosen, learned, at, tile=1):
    """Neurons x genes."""
    grid, axes, _ = lenet.grids(chosen.lenet)[at]
    return lenet.expression(lenet.coordinates(*grid, tile)[:, :axes], learned[f"m{at}"], learned[f"q{at}"])


def dense(chosen, learned, scales, h):
    sets = [expressed(chosen, learned, 3), expressed(chosen, learned, 4), learned["Y84"], learned["Y10"]]
    for at, (x, y) in enumerate(zip(sets, sets[1:]), 2):
        h = h @ x @ (scales[at] * learned["O_dense"]) @ y.T + learned[f"bias{at}"]
        h = jnp.tanh(h) if at < 4 else h
    return h


def naive(chosen, learned, scales, h):
    def patches(values, padding):
        """values: n x rows x columns x channels; n x (channels of a field) x places."""
        found = lax.conv_general_dilated_patches(values.transpose(0, 3, 1, 2), (lenet.SIZE, lenet.SIZE), (1, 1),
                                                 [(padding, padding)] * 2)
        return found.reshape(*found.shape[:2], -1)

    maps, sides = lenet.maps(chosen.lenet), lenet.places(chosen.lenet)
    x = expressed(chosen, learned, 0).T.reshape(-1, *h.shape[1:])
    for at, ((_, _, padding), side, channels) in enumerate(zip(maps, sides, lenet.CHANNELS)):
        y = expressed(chosen, learned, at + 1)
        weights = scales[at] * jnp.einsum("rdh,gh,gkr->rdk", y.reshape(side * side, channels, -1), learned["O"],
                                          patches(x, padding))
        sums = jnp.einsum("rdk,bkr->brd", weights, patches(h, padding)) + learned[f"bias{at}"]
        halves = [jax.vmap(lambda one: pooled(one, side))(values.reshape(-1, side, side, channels))
                  for values in (jnp.tanh(sums), y.T)]
        h, x = halves
    return dense(chosen, learned, scales, h.reshape(len(h), -1))


def gathered(chosen, learned, scales, h):
    tiles = lenet.TILES[chosen.form]
    fields = [lenet.fields(*seen, tile) for seen, tile in zip(lenet.maps(chosen.lenet), tiles)]
    x, y1, y2 = [expressed(chosen, learned, at, tile) for at, tile in enumerate((1, *tiles))]

    def gather(at, values):
        """Tiles x rows that a tile sees x columns."""
        return values[fields[at][0]]

    def weights(at, z, y):
        """Tiles x neurons of the tile x rows that it sees."""
        mask = fields[at][1]
        count, places, rows = mask.shape
        sums = jnp.einsum("tag,tkg->tak", y.reshape(count, -1, y.shape[1]), gather(at, z))
        grown = sums.reshape(count, places, -1, rows) * (scales[at] * mask[:, :, None])
        return grown.reshape(count, -1, rows)

    def pool(values, at):
        """By windows of 2 x 2 places; then row by row again."""
        side, tile, columns = lenet.places(chosen.lenet)[at], tiles[at], values.shape[-1]
        if tile == 1:
            return pooled(values, side).reshape(-1, columns)
        across, half = side // tile, tile // 2
        windows = values.reshape(across, across, half, 2, half, 2, -1).mean((3, 5))
        return windows.transpose(0, 2, 1, 3, 4).reshape(-1, columns)

    z = jnp.concatenate([x, pool(y1, 0)]) @ learned["O"]
    grown = weights(0, z[:len(x)], y1), weights(1, z[len(x):], y2)
    h = h.reshape(len(h), -1).T
    for at, channels in enumerate(lenet.CHANNELS):
        sums = jnp.einsum("tak,tkb->tab", grown[at], gather(at, h)).reshape(-1, channels, h.shape[1])
        h = pool(jnp.tanh(sums + learned[f"bias{at}"][:, None]), at)
    return dense(chosen, learned, scales, h.T)
