"""What the peers share of LeNet-5: its maps, what its fields see, and how genome and weights are drawn.

S-GEM LeNet-5 grows the weights of each place of its fields, W = s Y O X^T, from what the neurons of both maps express.
A map's neurons are rows (h W + w) C + c. Places are taken in tiles of 1, 2 or 4 a side. A tile reads the rows that its
fields see once: its products are larger, and a mask takes off what a place does not see."""
import math

from peer import np

SIZE = 5  # a field's side
DENSE_GENES = 30
CHANNELS = [6, 16]
TILES = {"naive": (1, 1), "rows": (1, 1), "tiles": (2, 2), "large-tiles": (4, 2)}  # of each layer, by form
UNITS = [400, 120, 84, 10]  # of the dense layers, inputs first


def maps(data):
    """Side, channels and padding of what each layer of fields sees."""
    return [(28, 1, 2) if data == "mnist" else (32, 3, 0), (14, CHANNELS[0], 0)]


def places(data):
    """Side of each layer's own map."""
    return [side + 2 * padding - SIZE + 1 for side, _, padding in maps(data)]


def coordinates(height, width, channels, tile=1):
    """Neurons x (row, column, channel), each from -1 to 1; tile by tile."""
    h, w, c = [np.linspace(-1, 1, count) if count > 1 else np.zeros(1) for count in (height, width, channels)]
    grid = np.stack(np.meshgrid(h, w, c, indexing="ij"), axis=-1)
    tiles = grid.reshape(height // tile, tile, width // tile, tile, channels, 3).transpose(0, 2, 1, 3, 4, 5)
    return tiles.reshape(-1, 3).astype(np.float32)


def fields(side, channels, padding, tile):
    """Of each tile the map's rows that it sees, and (tiles x places x rows) which of them each of its places sees."""
    window = tile + SIZE - 1
    at = np.arange(0, side + 2 * padding - SIZE + 1, tile)[:, None] + np.arange(window) - padding
    offset = np.arange(window) - np.arange(tile)[:, None]
    sees = ((offset >= 0) & (offset < SIZE))[None] & ((at >= 0) & (at < side))[:, None]  # tiles x places x window
    at = at.clip(0, side - 1)
    rows = at[:, None, :, None] * side + at[None, :, None, :]
    rows = rows[..., None] * channels + np.arange(channels)
    mask = sees[:, None, :, None, :, None] & sees[None, :, None, :, None, :]
    tiles = len(at) ** 2
    mask = np.repeat(mask.reshape(tiles, tile * tile, window * window), channels, axis=2)
    return rows.reshape(tiles, -1), mask.astype(np.float32)


def grids(data):
    """Of each set of neurons that expresses genes by its places: grid, axes, genes (0: as many as chosen)."""
    side, channels, _ = maps(data)[0]
    own = [(side, side, channels)] + [(p, p, c) for p, c in zip(places(data), CHANNELS)]
    return [(grid, 3, 0) for grid in own] + [((5, 5, 16), 3, DENSE_GENES), ((10, 12, 1), 2, DENSE_GENES)]


def expression(at, m, q):
    """A gene's ridge 1 / (1 + ((at - m) q)^2) at each neuron, less its mean."""
    x = 1 / (1 + (at @ q - (m * q).sum(0)) ** 2)
    return x - x.mean(0)


def draw(chosen, seeds):
    """Learned and frozen arrays by name (replicas x ..., float32), each replica from its own seed."""
    all_drawn = [draw_one(chosen, np.random.default_rng(seed)) for seed in seeds]
    return [{name: np.stack([drawn[part][name] for drawn in all_drawn]).astype(np.float32)
             for name in all_drawn[0][part]} for part in (0, 1)]


def draw_one(chosen, generator):
    learned = draw_direct(chosen, generator)
    if chosen.genome == "direct":
        return learned, {}
    learned = {name: array for name, array in learned.items() if name.startswith("bias")}
    draw_genome(chosen, generator, learned)
    return learned, {"s": scales(chosen, learned)}


def draw_direct(chosen, generator):
    """Of plain LeNet-5: kernels (outputs x inputs x rows x columns) and dense layers (outputs x inputs)."""
    learned = {}
    shapes = [(d, c, SIZE, SIZE) for (_, c, _), d in zip(maps(chosen.lenet), CHANNELS)] + list(zip(UNITS[1:], UNITS))
    for at, shape in enumerate(shapes):
        most = math.sqrt(6 / math.prod(shape[1:]))
        learned[f"W{at}"] = generator.uniform(-most, most, shape)
        learned[f"bias{at}"] = np.zeros(shape[0])
    return learned


def draw_genome(chosen, generator, learned):
    for at, (_, axes, genes) in enumerate(grids(chosen.lenet)):
        learned[f"m{at}"] = generator.uniform(-1, 1, (axes, genes or chosen.genes))
        learned[f"q{at}"] = 20 * generator.standard_normal((axes, genes or chosen.genes))
    for name, shape in (("O", (chosen.genes, chosen.genes)), ("O_dense", (DENSE_GENES, DENSE_GENES)),
                        ("Y84", (UNITS[2], DENSE_GENES)), ("Y10", (UNITS[3], DENSE_GENES))):
        learned[name] = generator.standard_normal(shape)


def scales(chosen, learned):
    """For each layer the number that gives its weights the deviation sqrt(2 / inputs of a neuron)."""
    x, y1, y2, x400, x120 = [expression(coordinates(*grid)[:, :axes], learned[f"m{at}"], learned[f"q{at}"])
                             for at, (grid, axes, _) in enumerate(grids(chosen.lenet))]
    weights = []
    for seen, own, (side, channels, padding) in zip((x, pooled(y1, places(chosen.lenet)[0])), (y1, y2), maps(chosen.lenet)):
        rows, mask = fields(side, channels, padding, 1)
        z = (seen @ learned["O"])[rows] * mask.swapaxes(1, 2)
        weights.append(z @ own.reshape(len(rows), -1, chosen.genes).swapaxes(1, 2))
    dense = [x400, x120, learned["Y84"], learned["Y10"]]
    weights += [x @ learned["O_dense"] @ y.T for x, y in zip(dense, dense[1:])]
    return np.array([math.sqrt(2 / w.shape[-2]) / np.std(w) for w in weights])


def pooled(y, side):
    return y.reshape(side // 2, 2, side // 2, 2, -1).mean((1, 3)).reshape(-1, y.shape[1])
