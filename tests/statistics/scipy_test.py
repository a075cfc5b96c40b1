"""Our p values, intervals and q values against SciPy's, and against second implementations written here where SciPy
has none: exact tests with ties by going through all choices, intervals by asking SciPy's test about every shift.

usage: scipy_test.py PROGRAM [CASES]
"""
import itertools
import math
import random
import subprocess
import sys

from scipy import stats

PROGRAM, CASES = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 600
FAULTS = []


def close(a, b, tolerance=1e-9):
    return math.isclose(a, b, rel_tol=tolerance, abs_tol=1e-12)


def expect(what, ours, theirs, about, tolerance=1e-9):
    if not close(ours, theirs, tolerance):
        FAULTS.append(f"{what}: ours {ours!r}, theirs {theirs!r} for {about}")


def pairs_above(first, second):
    return sum((y > x) + 0.5 * (y == x) for x in first for y in second)


def p_by_going_through(first, second):
    """Two-sided p of the permutation test on u: every choice of who is in the second group."""
    both = first + second
    places = range(len(both))
    seen = pairs_above(first, second)
    below = above = total = 0
    for chosen in itertools.combinations(places, len(second)):
        inside = set(chosen)
        u = pairs_above([both[i] for i in places if i not in inside], [both[i] for i in chosen])
        below += u <= seen + 1e-9
        above += u >= seen - 1e-9
        total += 1
    return min(1.0, 2 * min(below, above) / total)


def interval_by_asking(first, second, alpha):
    """Ends of the shifts that SciPy's exact test does not reject: just inside they are kept, just outside not."""
    differences = sorted(y - x for x in first for y in second)
    gap = min((b - a for a, b in zip(differences, differences[1:]) if b > a), default=1) / 4

    def kept(shift):
        moved = [y - shift for y in second]
        return stats.mannwhitneyu(first, moved, method="exact").pvalue > alpha

    low = next((d for d in differences if kept(d + gap)), differences[0])
    high = next((d for d in reversed(differences) if kept(d - gap)), differences[-1])
    return low, high


def q_by_hand(p):
    """Benjamini and Hochberg's step-up procedure, level by level, with none of the shortcuts."""
    count, q = len(p), []
    ordered = sorted(p)
    for x in p:
        reached = [count * ordered[i] / (i + 1) for i in range(count) if ordered[i] >= x]
        q.append(min(1.0, min(reached)))
    return q


def groups(source, ties):
    m, n = source.randint(1, 12), source.randint(1, 12)
    if ties:
        m, n = source.randint(1, 6), source.randint(1, 6)
        return [float(source.randint(0, 4)) for _ in range(m)], [float(source.randint(0, 5)) for _ in range(n)]
    if source.random() < 0.05:
        m, n = source.randint(30, 70), source.randint(30, 70)
    shift = source.choice([0, 0, 0.5, 2])
    return [source.gauss(0, 1) for _ in range(m)], [source.gauss(shift, 1) for _ in range(n)]


def check_ranks(given, answer):
    alpha, first, second, ties = given
    u, p, exact, shift, low, high, confidence, exact_interval = map(float, answer.split())
    about = f"{first} and {second}"
    theirs = stats.mannwhitneyu(second, first, method="exact" if exact else "asymptotic")
    expect("u", u, theirs.statistic, about)
    if ties and exact:
        expect("p with ties", p, p_by_going_through(first, second), about)
    else:
        expect("p", p, theirs.pvalue, about, 1e-9 if exact else 1e-6)
    differences = sorted(y - x for x in first for y in second)
    middle = len(differences)
    expect("shift", shift, (differences[(middle - 1) // 2] + differences[middle // 2]) / 2, about)
    if not ties and exact_interval and len(first) <= 12 and len(second) <= 12:
        smallest = 2 / math.comb(len(first) + len(second), len(first))
        if smallest <= alpha:
            expected = interval_by_asking(first, second, alpha)
            expect("low", low, expected[0], about)
            expect("high", high, expected[1], about)
            if confidence < 1 - alpha:
                FAULTS.append(f"confidence {confidence} for {about}")
        elif (low, high) != (differences[0], differences[-1]):
            FAULTS.append(f"an interval of too few values is not all of them: {about}")


def main():
    source = random.Random(20261126)
    questions, given = [], []
    for number in range(CASES):
        ties = number % 3 == 0
        first, second = groups(source, ties)
        alpha = source.choice([0.05, 0.05, 0.1, 0.01])
        given.append((alpha, first, second, ties))
        questions.append(f"ranks {alpha} : {' '.join(map(repr, first))} : {' '.join(map(repr, second))}")
    families = [[source.choice([source.random(), source.random() ** 6, 0.03125]) for _ in range(source.randint(1, 40))]
                for _ in range(CASES // 10)]
    questions += ["bh : " + " ".join(map(repr, p)) for p in families]
    answers = subprocess.run([PROGRAM], input="\n".join(questions) + "\n", capture_output=True, text=True, check=True,
                             timeout=100).stdout.splitlines()
    assert len(answers) == len(questions), f"{len(answers)} answers to {len(questions)} questions"
    for one, answer in zip(given, answers):
        check_ranks(one, answer)
    for p, answer in zip(families, answers[len(given):]):
        for ours, theirs in zip(map(float, answer.split()), q_by_hand(p), strict=True):
            expect("q", ours, theirs, p)
    for fault in FAULTS[:20]:
        print(fault)
    print(f"{len(answers)} questions, {len(FAULTS)} answers that differ from SciPy's")
    sys.exit(1 if FAULTS else 0)


if __name__ == "__main__":
    main()
