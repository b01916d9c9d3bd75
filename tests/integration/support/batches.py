"""Telemetry batches to samples, after the comments of proto/gengfu/v1/feed.proto and by none of the gateway's code."""
import collections
import itertools

Sample = collections.namedtuple("Sample", "alias offset_us value quality reason")


def _runs(pairs):
    return itertools.chain.from_iterable(itertools.repeat(what, count) for count, what in pairs)


def decode(batch, resolution, offset):
    """`resolution` and `offset`: by alias, from the catalogue that the batch names."""
    size = len(batch.alias_delta)
    assert len(batch.delta_us) == size
    aliases = list(itertools.accumulate(batch.alias_delta))
    times = list(itertools.accumulate(batch.delta_us))
    kinds = list(_runs((run // 4, run % 4) for run in batch.value_runs)) or [0] * size
    words = list(batch.quality_runs)
    qualities = list(_runs(zip(words[::2], words[1::2]))) or [1 * 256] * size
    assert len(kinds) == size and len(qualities) == size
    steps, singles, exacts = iter(batch.step_delta), iter(batch.single), iter(batch.exact)
    last_step = collections.Counter()
    samples = []
    for alias, time, kind, quality in zip(aliases, times, kinds, qualities):
        value = None
        if kind == 0:
            last_step[alias] += next(steps)
            value = last_step[alias] * resolution[alias] + offset[alias]
        elif kind in (1, 2):
            value = next(singles if kind == 1 else exacts)
        samples.append(Sample(alias, time, value, quality // 256, quality % 256))
    for text in batch.texts:
        samples.append(Sample(text.alias, text.offset_us, text.value, text.quality_reason // 256, text.quality_reason % 256))
    assert not list(steps) and not list(singles) and not list(exacts), "a batch has more values than samples"
    return samples
