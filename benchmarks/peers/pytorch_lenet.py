"""LeNet-5 with PyTorch: plain, or S-GEM LeNet-5, which grows weights for each place of its fields.

Forms of the latter: naive (maps unfolded, formulas as they are written), rows (Z = X O is made once, what a place sees
is gathered from its rows, and places are a batch of products), tiles (the same for tiles of 2 x 2 places; see
lenet.py), large-tiles (of 4 x 4 in the first layer). The last three keep maps as neurons x columns: images of the batch, or genes."""
import torch
from torch.nn.functional import avg_pool2d, conv2d, cross_entropy, linear, unfold

import lenet
import peer
from peer import np


def network(chosen, images, seeds):
    kind = Plain if chosen.genome == "direct" else Naive if chosen.form == "naive" else Gathered
    return kind(chosen, images, seeds)


class LeNet:
    """What all have: learned numbers, the batch's, the loss."""

    def __init__(self, chosen, images, seeds):
        self.chosen = chosen
        learned, frozen = lenet.draw(chosen, seeds)
        self.learned = {name: self.tensor(array[0]).requires_grad_() for name, array in learned.items()}
        self.scales = frozen["s"][0].tolist() if frozen else None
        self.factor, self.summand = [self.tensor(array) for array in peer.standard(chosen.lenet, images.cpu().numpy())]
        self.side, self.channels, _ = lenet.maps(chosen.lenet)[0]
        self.places = lenet.places(chosen.lenet)

    def tensor(self, array):
        return torch.from_numpy(np.array(array)).to(self.chosen.device)

    def numbers(self, batch):
        """Of a batch of bytes: images x pixels x channels."""
        return torch.addcmul(self.summand, batch.view(len(batch), -1, self.channels).float(), self.factor)

    def planes(self, batch):
        """The same: images x channels x rows x columns."""
        return self.numbers(batch).view(-1, self.side, self.side, self.channels).permute(0, 3, 1, 2)

    def loss(self, batches):
        return cross_entropy(self.logits(batches.batch), batches.batch_labels)


class Plain(LeNet):
    def logits(self, batch):
        layout = torch.channels_last if self.chosen.form == "channels-last" else torch.contiguous_format
        h = self.planes(batch).contiguous(memory_format=layout)
        for at, (_, _, padding) in enumerate(lenet.maps(self.chosen.lenet)):
            kernels, bias = self.learned[f"W{at}"], self.learned[f"bias{at}"]
            h = avg_pool2d(conv2d(h, kernels, bias, padding=padding).relu_(), 2)
        h = h.flatten(1)
        for at in (2, 3, 4):
            h = linear(h, self.learned[f"W{at}"], self.learned[f"bias{at}"])
            h = h.relu_() if at < 4 else h
        return h


class Ridge(torch.autograd.Function):
    """1 / (1 + z^2) less its mean over neurons, in as few passes as there can be."""

    @staticmethod
    def forward(ctx, z):
        x = torch.addcmul(z.new_ones(()), z, z).reciprocal_()
        ctx.save_for_backward(z, x)
        return x - x.mean(0)

    @staticmethod
    def backward(ctx, gradient):
        z, x = ctx.saved_tensors
        return (gradient - gradient.mean(0)).mul_(x).mul_(x).mul_(z).mul_(-2)


class Grown(LeNet):
    """What all forms of S-GEM LeNet-5 have: what neurons express, and the dense layers."""

    def __init__(self, chosen, images, seeds):
        super().__init__(chosen, images, seeds)
        self.tiles = lenet.TILES[chosen.form]
        tiles = [1, *self.tiles, 1, 1]  # of what expresses genes by its places
        self.at = [self.tensor(lenet.coordinates(*grid, tile)[:, :axes])
                   for (grid, axes, _), tile in zip(lenet.grids(chosen.lenet), tiles)]

    def expressed(self, at):
        """Neurons x genes."""
        m, q = self.learned[f"m{at}"], self.learned[f"q{at}"]
        z = torch.addmm(-(m * q).sum(0), self.at[at], q)
        if self.chosen.form != "naive":
            return Ridge.apply(z)
        x = 1 / (1 + z.square())
        return x - x.mean(0)

    def dense(self, h):
        sets = [self.expressed(3), self.expressed(4), self.learned["Y84"], self.learned["Y10"]]
        for at, (x, y) in enumerate(zip(sets, sets[1:]), 2):
            interaction = self.scales[at] * self.learned["O_dense"]
            h = torch.addmm(self.learned[f"bias{at}"], h @ x @ interaction, y.t())
            h = h.tanh() if at < 4 else h
        return h


class Naive(Grown):
    def logits(self, batch):
        h = self.planes(batch)
        x = self.identity(self.expressed(0), self.side, self.channels)
        for at, (_, _, padding) in enumerate(lenet.maps(self.chosen.lenet)):
            side, channels = self.places[at], lenet.CHANNELS[at]
            y = self.expressed(at + 1)
            weights = self.scales[at] * torch.einsum("rdh,gh,gkr->rdk", y.view(side * side, channels, -1), self.learned["O"],
                                                     unfold(x, lenet.SIZE, padding=padding))
            sums = torch.einsum("rdk,bkr->bdr", weights, unfold(h, lenet.SIZE, padding=padding))
            sums = sums + self.learned[f"bias{at}"][:, None]
            h = avg_pool2d(sums.view(-1, channels, side, side).tanh(), 2)
            x = avg_pool2d(self.identity(y, side, channels), 2)
        return self.dense(h.permute(0, 2, 3, 1).flatten(1))

    @staticmethod
    def identity(x, side, channels):
        """Genes x channels x rows x columns."""
        return x.view(side, side, channels, -1).permute(3, 2, 0, 1)


class Gathered(Grown):
    def __init__(self, chosen, images, seeds):
        super().__init__(chosen, images, seeds)
        self.fields = []
        for seen, tile, scale in zip(lenet.maps(chosen.lenet), self.tiles, self.scales):
            rows, mask = lenet.fields(*seen, tile)
            self.fields.append((self.tensor(rows.ravel()), rows.shape, self.tensor(scale * mask).unsqueeze(2)))

    def logits(self, batch):
        x, y1, y2 = [self.expressed(at) for at in range(3)]
        z = torch.cat([x, self.pooled(y1, 0)]) @ self.learned["O"]
        weights = self.weights(0, z[:len(x)], y1), self.weights(1, z[len(x):], y2)
        h = self.numbers(batch).view(len(batch), -1).t().contiguous()
        for at in range(2):
            h = self.pooled(self.seen(at, weights[at], h), at)
        return self.dense(h.t())

    def gathered(self, at, values):
        """Tiles x rows that a tile sees x columns."""
        rows, shape, _ = self.fields[at]
        return values.index_select(0, rows).view(*shape, -1)

    def weights(self, at, z, y):
        """Tiles x neurons of the tile x rows that it sees."""
        _, (tiles, rows), mask = self.fields[at]
        products = torch.bmm(y.view(tiles, -1, y.shape[1]), self.gathered(at, z).transpose(1, 2))
        return (products.view(tiles, self.tiles[at] ** 2, -1, rows) * mask).view(tiles, -1, rows)

    def seen(self, at, weights, values):
        sums = torch.bmm(weights, self.gathered(at, values)).view(-1, lenet.CHANNELS[at], values.shape[1])
        return (sums + self.learned[f"bias{at}"].unsqueeze(1)).tanh()

    def pooled(self, values, at):
        """By windows of 2 x 2 places; then row by row again. A tile of 2 x 2 is one window."""
        side, tile, columns = self.places[at], self.tiles[at], values.shape[-1]
        if tile == 1:
            return values.view(side // 2, 2, side // 2, 2, -1).mean((1, 3)).view(-1, columns)
        if tile == 2:
            return values.view(side * side // 4, 4, -1).mean(1).view(-1, columns)
        across, half = side // tile, tile // 2
        windows = values.view(across, across, half, 2, half, 2, -1).mean((3, 5))
        return windows.transpose(1, 2).reshape(-1, columns)
