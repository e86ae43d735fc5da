"""cmake/sass.py NVDISASM CUOBJDUMP CUBIN
cmake/sass.py --columns

Prints the figures of each kernel of a cubin, tab-separated: a line "kernel", its name and the figures that KERNEL names,
then, for each of its hot loops, a line "loop", the name and those of LOOP. docs/cuda-without-a-gpu.md says what they
mean. --columns: the names.
"""
import collections
import json
import re
import struct
import subprocess
import sys

KERNEL = ["threads", "registers", "shared", "blocks", "warps", "limit", "code", "stack", "LDL", "STL", "BAR"]
LOOP = ["depth", "alike", "instructions", "cycles", "FFMA", "HMMA", "MUFU", "LDS", "LD", "LDG", "LDL+STL", "BAR",
        "FFMA/LDS", "FFMA/instruction"]
HOT = 8  # multiply-adds, of one lane or of a warp's tensor core, an iteration that make a loop worth a line

Instruction = collections.namedtuple("Instruction", "opcode operands predicate stall")
Loop = collections.namedtuple("Loop", "header blocks latches depth")

# ---- what the tools print


def sections(cubin):
    """name -> bytes of each section of an ELF file of 64 bits."""
    table, = struct.unpack_from("<Q", cubin, 0x28)
    size, count, names = struct.unpack_from("<HHH", cubin, 0x3A)
    headers = [struct.unpack_from("<IIQQQQ", cubin, table + i * size) for i in range(count)]
    result = {}
    for name, kind, _, _, at, length in headers:
        name += headers[names][4]
        is_empty_in_the_file = kind == 8  # SHT_NOBITS
        result[cubin[name:cubin.index(b"\0", name)].decode()] = b"" if is_empty_in_the_file else cubin[at:at + length]
    return result


def threads_of(info):
    """The launch bounds that a section .nv.info.KERNEL tells, or None."""
    max_threads, sized = 0x05, 4
    at = 0
    while at + 4 <= len(info):
        form, attribute, size = struct.unpack_from("<BBH", info, at)
        if (form, attribute) == (sized, max_threads):
            x, y, z = struct.unpack_from("<III", info, at + 4)
            return x * y * z
        at += 4 + (size if form == sized else 0)
    return None


def instructions_of(function, text):
    """function: as `nvdisasm -json` prints it; text: the section that holds its instructions of 16 bytes."""
    listed = function["sass-instructions"]
    if 16 * len(listed) != function["length"]:
        raise ValueError(f"{function['function-name']}: its instructions are not of 16 bytes")
    result = []
    for i, each in enumerate(listed):
        at = function["start"] + 16 * i
        word = int.from_bytes(text[at:at + 16], "little")
        result.append(Instruction(each["opcode"], each.get("operands", ""), each.get("predicate", ""), word >> 105 & 15))
    return result


# ---- control flow


def target_of(instruction):
    """The number of the instruction that a branch names, or None. CALL with an address is ptxas's way to leave a loop,
    and does not come back; one with a name calls a subroutine."""
    names_one = instruction.opcode.startswith(("BRA", "CALL", "WARPSYNC.COLLECTIVE"))
    address = re.search(r"(?:^|,)0x([0-9a-f]+)$", instruction.operands)
    return int(address.group(1), 16) // 16 if names_one and address else None


def successors(code, at):
    """Where instruction number `at` may go on. A subroutine comes back to the next one."""
    i = code[at]
    name = i.opcode.split(".")[0]
    if name in ("BRX", "BRXU", "JMP", "JMX", "JMXU"):
        raise ValueError(f"{i.opcode} goes where the listing does not tell")
    following = [at + 1] if at + 1 < len(code) else []
    to = target_of(i)
    if to is not None:
        always = name in ("BRA", "CALL") and not i.predicate and "," not in i.operands
        return [to] if always else sorted({to, *following})
    if name in ("EXIT", "RET", "KILL") and not i.predicate:
        return []
    return following


def postorder(start, after, seen):
    """What is reached from start and not in seen, to which it is added."""
    result = []
    seen.add(start)
    stack = [(start, iter(after(start)))]
    while stack:
        block, to = stack[-1]
        new = next((t for t in to if t not in seen), None)
        if new is None:
            result.append(block)
            stack.pop()
        else:
            seen.add(new)
            stack.append((new, iter(after(new))))
    return result


class Flow:
    """Basic blocks of a function in reverse postorder, subroutines after what the first instruction reaches. `blocks` are
    ranges of instructions; `after`, `before` and `dominator` are numbers of blocks."""

    def __init__(self, code):
        goes = [successors(code, at) for at in range(len(code))]
        leaders = {0}
        for at, to in enumerate(goes):
            if to != [at + 1]:
                leaders.update(to + [at + 1])
        starts = sorted(leaders - {len(code)})
        ranges = {a: range(a, b) for a, b in zip(starts, starts[1:] + [len(code)])}
        order, seen, roots = [], set(), []
        for start in starts:
            if start in seen or goes[start] == [start]:  # a branch to itself fills up the end
                continue
            roots.append(start)
            order += reversed(postorder(start, lambda block: goes[ranges[block][-1]], seen))
        number = {start: n for n, start in enumerate(order)}
        self.blocks = [ranges[start] for start in order]
        self.after = [[number[t] for t in goes[b[-1]] if t in number] for b in self.blocks]
        self.before = [[] for _ in order]
        for block, to in enumerate(self.after):
            for t in to:
                self.before[t].append(block)
        self._dominators({number[root] for root in roots})

    def _dominators(self, roots):
        """Cooper, Harvey, Kennedy (2001): immediate dominators by iteration; a root has none (-1)."""
        self.dominator = [-1 if b in roots else None for b in range(len(self.blocks))]

        def meet(a, b):
            while a != b:
                if a > b:
                    a = self.dominator[a]
                else:
                    b = self.dominator[b]
            return a

        changed = True
        while changed:
            changed = False
            for block in range(len(self.blocks)):
                if block in roots:
                    continue
                known = [b for b in self.before[block] if self.dominator[b] is not None]
                new = known[0]
                for b in known[1:]:
                    new = meet(new, b)
                if new != self.dominator[block]:
                    self.dominator[block] = new
                    changed = True

    def dominates(self, a, b):
        while b > a:
            b = self.dominator[b]
        return a == b

    def loops(self):
        """Natural loops, one a header; depth 1 lies in no other."""
        bodies = {}
        for tail, to in enumerate(self.after):
            for header in to:
                if self.dominates(header, tail):
                    body, latches = bodies.setdefault(header, ({header}, set()))
                    latches.add(tail)
                    stack = [tail]
                    while stack:
                        block = stack.pop()
                        if block not in body:
                            body.add(block)
                            stack += self.before[block]
        return [Loop(header, body, latches, sum(header in other for other, _ in bodies.values()))
                for header, (body, latches) in bodies.items()]


# ---- what is counted


def width(opcode):
    """32, 64 or 128 bits a thread; what is narrower counts as 32."""
    return next((w for w in (128, 64) if f".{w}" in opcode), 32)


def tally(instructions):
    count = collections.Counter()
    for i in instructions:
        name = i.opcode.split(".")[0]
        count["instructions"] += 1
        count["cycles"] += i.stall
        count[name] += 1
        count["whole", i.opcode] += 1
        count[name, width(i.opcode)] += 1
        count["subroutines"] += name == "CALL" and target_of(i) is None
    return count


def holds(loop, other):
    return other.header in loop.blocks and other.header != loop.header


def iteration(code, flow, loop, blocks, multiplies):
    """The instructions of one way round a loop that keeps to these of its blocks, which hold no other loop: of the ways
    with most of `multiplies`, that with fewest calls, then with most cycles. None: there is no such way."""
    ways = {loop.header: ((0, 0, 0), None)}  # block -> what lies before it on the best way, and the block before it
    weights = {}
    for block in sorted(blocks):
        if block not in ways:  # part of an irreducible knot
            continue
        count = tally(code[at] for at in flow.blocks[block])
        own = (count["whole", multiplies], -count["subroutines"], count["cycles"])
        weights[block] = tuple(map(sum, zip(ways[block][0], own)))
        for to in flow.after[block]:
            if to > block and to in blocks and (to not in ways or ways[to][0] < weights[block]):
                ways[to] = weights[block], block
    block = max((latch for latch in loop.latches if latch in weights), key=weights.get, default=None)
    if block is None:
        return None
    result = []
    while block is not None:
        result = [code[at] for at in flow.blocks[block]] + result
        block = ways[block][1]
    return result


def by_width(count, name):
    each = [count[name, w] for w in (32, 64, 128)]
    return "/".join(map(str, each)) if any(each) else "-"


def ratio(a, b):
    return f"{a / b:.2f}" if b else "-"


def hot_loops(code):
    """LOOP's figures of the innermost loops that have HOT multiply-adds, or of the one loop that has most to do. Of ways
    with different kinds of products on tensor cores one each, also where the loop holds others beside them."""
    flow = Flow(code)
    loops = flow.loops()
    alike = collections.Counter()
    heat = {}
    for loop in loops:
        held = [other for other in loops if holds(loop, other)]
        blocks = loop.blocks.difference(*(other.blocks for other in held))
        kinds = {code[at].opcode for block in blocks for at in flow.blocks[block] if code[at].opcode.startswith("HMMA")}
        for kind in sorted(kinds) if kinds or held else ["FFMA"]:
            way = iteration(code, flow, loop, blocks, kind)
            if way is None:
                continue
            count = tally(way)
            row = (count["instructions"], count["cycles"], count["FFMA"], count["HMMA"], count["MUFU"],
                   by_width(count, "LDS"), by_width(count, "LD"), by_width(count, "LDG"), count["LDL"] + count["STL"],
                   count["BAR"], ratio(count["FFMA"], count["LDS"]), ratio(count["FFMA"], count["instructions"]))
            alike[loop.depth, row] += 1
            heat[loop.depth, row] = (count["FFMA"] + count["HMMA"], count["FADD"] + count["FMUL"],
                                     count["LDS"] + count["LD"] + count["LDG"], count["instructions"])
    ranked = sorted(alike, key=lambda each: (heat[each], each), reverse=True)
    hot = [each for each in ranked if heat[each][0] >= HOT] or ranked[:1]
    return [(depth, alike[depth, row], *row) for depth, row in hot]


def occupancy(architecture, threads, registers, shared):
    """Blocks and warps of a multiprocessor by what is known before a launch, and what limits them."""
    shared_bytes = {80: 164 * 1024, 90: 228 * 1024}[architecture]
    most_warps, most_blocks, kept_of_a_block = 64, 32, 1024
    warps = -(-threads // 32)
    registers_of_a_warp = -(-registers * 32 // 256) * 256
    blocks = {"warps": most_warps // warps, "blocks": most_blocks,
              "registers": 4 * (16384 // registers_of_a_warp) // warps,  # four schedulers, each with its own
              "shared": shared_bytes // (-(-(shared + kept_of_a_block) // 128) * 128)}
    limit = min(blocks, key=blocks.get)
    return blocks[limit], blocks[limit] * warps, limit


def print_figures(nvdisasm, cuobjdump, path):
    def says(*command):
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout

    with open(path, "rb") as file:
        part = sections(file.read())
    usage = {name: {key: int(value) for key, value in re.findall(r"(\w+):(\d+)", line)}
             for name, line in re.findall(r"Function (\S+):\n(.*)", says(cuobjdump, "--dump-resource-usage", path))}
    about, functions = json.loads(says(nvdisasm, "-json", path))
    architecture = 10 * about["SM"]["version"]["major"] + about["SM"]["version"]["minor"]
    for function in functions:
        name = function["function-name"]
        code = instructions_of(function, part[".text." + name])
        registers, stack, shared = (usage[name][key] for key in ("REG", "STACK", "SHARED"))
        if architecture >= 90:
            shared = max(0, shared - 1024)  # what CUDA keeps of each block's is counted there
        threads = threads_of(part.get(".nv.info." + name, b""))
        fits = occupancy(architecture, threads, registers, shared) if threads else ("-", "-", "-")
        count = tally(code)
        print("kernel", name, threads or "-", registers, shared, *fits, function["length"], stack, count["LDL"],
              count["STL"], count["BAR"], sep="\t")
        for row in hot_loops(code):
            print("loop", name, *row, sep="\t")


if __name__ == "__main__":
    if len(sys.argv) == 2 and sys.argv[1] == "--columns":
        print("kernel", *KERNEL, sep="\t")
        print("loop", *LOOP, sep="\t")
    elif len(sys.argv) == 4:
        print_figures(*sys.argv[1:])
    else:
        sys.exit(__doc__)
