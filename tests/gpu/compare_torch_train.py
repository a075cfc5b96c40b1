#!/usr/bin/env python3
"""Holds muster's training steps and forward passes against PyTorch's of the same models on the same machine: ResNet-50
(torchvision, channels_last) and BERT-large (nn.TransformerEncoder of the same shape), in bf16 (PyTorch: autocast) with a
fused AdamW, on data that lie in the device's memory. Short runs of both take turns (ABBA...); the ratio of the medians
is printed, and, where it is far from one, what muster's synthetic step leaves out of the model.

Exit codes: 0 all rates are within the limit of PyTorch's, 1 one is not, 2 usage, or no PyTorch, 6 a run failed or was not
verified. A comparison whose package is not installed is skipped and said so.

usage: compare_torch_train.py [--muster PROGRAM] [--device cuda|cpu] [--only NAME,...] [--rounds N] [--seconds S]
                              [--within PERCENT] [--shrink N] [--json FILE]
"""
import argparse
import gc
import importlib.util
import json
import statistics
import sys

from compare_torch import Torch, muster_case
from ratios import RunFailed, alternate, finish, names_among, program_here

MASKED = 76  # masked words of a sequence, whose logits BERT's pre-training needs (MLPerf's max_predictions_per_seq)
WORDS = 30528


def missing(names):
    return [name for name in names if importlib.util.find_spec(name) is None]


class Resnet:
    """ResNet-50 as torchvision has it: stride in the 3x3 convolutions, batch normalisation, residual connections."""
    name, packages, batch = "resnet-50", ["torchvision"], 256

    def __init__(self, torch, device, batch, shrink):
        import torchvision
        side = max(32, 224 // shrink)
        self.network = torchvision.models.resnet50().to(device, memory_format=torch.channels_last)
        pictures = torch.randn(batch, 3, side, side, device=device)
        self.inputs = [pictures.to(memory_format=torch.channels_last)]
        self.labels = torch.randint(1000, (batch,), device=device)
        self.criterion = torch.nn.functional.cross_entropy

    def forward(self):
        return self.network(*self.inputs)

    def loss(self):
        return self.criterion(self.forward(), self.labels)


class Bert:
    """BERT-large in pre-training: 24 post-norm blocks, logits of the masked words by the word embeddings, dropout."""
    name, packages, batch = "bert-large", [], 32

    def __init__(self, torch, device, batch, shrink):
        self.torch = torch
        nn, tokens, width = torch.nn, max(8, 512 // shrink), 1024 // shrink
        heads, masked = max(1, 16 // shrink), max(1, MASKED // shrink)
        self.words = nn.Embedding(max(64, WORDS // shrink), width)
        self.positions = nn.Embedding(tokens, width)
        block = nn.TransformerEncoderLayer(width, heads, 4 * width, dropout=0.1, activation="gelu", batch_first=True)
        self.encoder = nn.TransformerEncoder(block, 24, enable_nested_tensor=False)
        self.transform = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width))
        self.network = nn.ModuleList([self.words, self.positions, self.encoder, self.transform]).to(device)
        self.ids = torch.randint(self.words.num_embeddings, (batch, tokens), device=device)
        self.masked = torch.randint(tokens, (batch, masked), device=device)
        self.rows = torch.arange(batch, device=device)[:, None]

    def forward(self):
        places = self.torch.arange(self.ids.shape[1], device=self.ids.device)
        hidden = self.encoder(self.words(self.ids) + self.positions(places))
        return self.transform(hidden[self.rows, self.masked]) @ self.words.weight.t()

    def loss(self):
        logits = self.forward()
        labels = self.ids[self.rows, self.masked].reshape(-1)
        return self.torch.nn.functional.cross_entropy(logits.reshape(len(labels), -1), labels)


def bf16(torch, device):
    return torch.autocast(device, dtype=torch.bfloat16)


def training_step(torch, device, model):
    """A launch: forward, backward, AdamW on fp32 weights."""
    model.network.train()
    optimiser = torch.optim.AdamW(model.network.parameters(), lr=1e-4, fused=device == "cuda")

    def step():
        optimiser.zero_grad(set_to_none=True)
        with bf16(torch, device):
            loss = model.loss()
        loss.backward()
        optimiser.step()
    return step


def forward_pass(torch, device, model):
    """A launch: weights in bf16, as muster's inference has them."""
    model.network.eval().to(torch.bfloat16)
    if hasattr(model, "inputs"):
        model.inputs = [value.to(torch.bfloat16) for value in model.inputs]

    def run():
        with torch.inference_mode():
            model.forward()
    return run


class Theirs:
    """Samples/s of PyTorch; what a turn took of the device's memory is given back after it."""

    def __init__(self, torch, options, model, make_launch):
        self.torch, self.options, self.model, self.make_launch = torch, options, model, make_launch

    def __call__(self):
        torch, options = self.torch, self.options
        batch = options.batch or self.model.batch
        launch = self.make_launch(torch, options.device, self.model(torch, options.device, batch, options.shrink))
        rate = batch / Torch(torch, options.device).median(launch, options.soak, options.seconds)
        del launch
        gc.collect()
        if options.device == "cuda":
            torch.cuda.empty_cache()
        return rate


class Ours:
    """Samples/s of muster; keeps what the last run said of itself."""

    def __init__(self, options, model, workload):
        self.options, self.model, self.workload = options, model, workload
        self.left_out, self.stamps = "", []

    def __call__(self):
        options = self.options
        params = {"input": "no_input", "batch": options.batch or self.model.batch, "shrink": options.shrink}
        if options.device == "cpu":
            params["type"] = "fp32"
        case = muster_case(options.muster, options.backend, self.workload, params, options.seconds, model=self.model.name)
        facts = case.get("facts", {})
        self.left_out = facts.get("left_out_of_model", facts.get("left_out", ""))
        self.stamps = case.get("warnings", [])
        return case["launches"][0]["median"]


COMPARISONS = {"resnet-50": (Resnet, "train_step", training_step), "bert-large": (Bert, "train_step", training_step),
               "resnet-50-forward": (Resnet, "inference", forward_pass)}


def sides(options, torch):
    """Name, muster's runs and PyTorch's of each comparison that can be made here."""
    for name in options.only:
        model, workload, launch = COMPARISONS[name]
        lacking = missing(model.packages)
        if lacking:
            print(f"skip {name}: python3 has no {', '.join(lacking)}", flush=True)
            continue
        yield name, Ours(options, model, workload), Theirs(torch, options, model, launch)


def judged(name, ours, a, b, within):
    ratio = statistics.median(a) / statistics.median(b)
    ok = abs(ratio - 1) <= within / 100
    return {"name": name, "ratio": ratio, "muster": a, "torch": b, "ok": ok, "left_out_of_model": ours.left_out,
            "warnings": ours.stamps}


def show(line, within):
    print(f"{'ok  ' if line['ok'] else 'FAR '} {line['name']}: {statistics.median(line['muster']):.1f} samples/s, PyTorch "
          f"{statistics.median(line['torch']):.1f}: {line['ratio']:.3f} of it", flush=True)
    if not line["ok"]:
        print(f"     further apart than {within:g} %: muster's step leaves out of the model: "
              f"{line['left_out_of_model'] or '(its record does not say)'}", flush=True)


def compare(options, all_sides):
    lines = []
    for name, ours, theirs in all_sides:
        try:
            a, b = alternate(options.rounds, ours, theirs)
        except RuntimeError as error:  # PyTorch's: out of memory, say
            raise RunFailed(f"{name}: PyTorch failed: {error}") from error
        lines.append(judged(name, ours, a, b, options.within))
        show(lines[-1], options.within)
    if not lines:
        raise RunFailed("nothing could be compared (see what was skipped)")
    return lines


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--muster", default=program_here(), help="the program (default: this bundle's or checkout's)")
    parser.add_argument("--device", choices=["cuda", "cpu"], help="default: cuda where PyTorch sees a GPU")
    parser.add_argument("--only", type=names_among(COMPARISONS, "comparison"), default=list(COMPARISONS), help=f"of {', '.join(COMPARISONS)}")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each side")
    parser.add_argument("--seconds", type=float, default=1, help="of sampling in each run")
    parser.add_argument("--soak", type=float, default=2, help="seconds before PyTorch is sampled; muster soaks itself")
    parser.add_argument("--batch", type=int, default=0, help="samples (default: the published batch of each model)")
    parser.add_argument("--shrink", type=int, default=1, help="small likenesses, for trying this out without a GPU")
    parser.add_argument("--within", type=float, default=25, help="per cent between both rates that pass")
    parser.add_argument("--json", help="where to write all figures")
    options = parser.parse_args(arguments)
    if not options.muster:
        parser.error("--muster: the program was not found")
    return options


def main():
    options = parse(sys.argv[1:])
    try:
        import torch
    except ImportError as error:
        print(f"no PyTorch here ({error}) install it, or run with the python that has it", file=sys.stderr)
        return 2
    options.device = options.device or ("cuda" if torch.cuda.is_available() else "cpu")
    options.backend = "cuda" if options.device == "cuda" else "host"
    torch.backends.cudnn.benchmark = True
    print(f"PyTorch {torch.__version__} on {options.device}; {options.muster}", flush=True)
    return finish(options, lambda: compare(options, sides(options, torch)))


if __name__ == "__main__":
    sys.exit(main())
