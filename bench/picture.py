"""A picture of a run in SVG: for every row how many times as fast as the best peer and as the MLX wheel we are."""
import math

import goals

LEFT, WIDTH, LINE, TOP = 240, 560, 22, 48  # of the names; of the bars; of a row; above the first
GOAL = "#c1121f"
BARS = [("best peer", "#2a6f97", lambda run, name: goals.best_ratio(run, name)),
        ("MLX wheel", "#a3b8a0", lambda run, name: goals.ratio(run["rows"][name], "mlx"))]


def text(x, y, words, anchor="start", colour="#222"):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{words}</text>'


def box(x, y, width, height, colour):
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def draw(run):
    rows = [(name, [of(run, name) for _, _, of in BARS]) for name in run["rows"]]
    rows = [(name, values) for name, values in rows if any(values)]
    every = [v for _, values in rows for v in values if v]
    low, high = math.floor(math.log10(min(every + [0.5]))), math.ceil(math.log10(max(every + [10])))
    height = TOP + LINE * len(rows) + 16

    def x(value):
        return LEFT + WIDTH * (math.log10(value) - low) / (high - low)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 70} {height}" '
           'font-family="sans-serif" font-size="11">', box(0, 0, LEFT + WIDTH + 70, height, "#fff"),
           text(LEFT, 16, "times as fast as")]
    for number, (words, colour, _) in enumerate(BARS):
        left = LEFT + 100 + 110 * number
        out += [box(left, 8, 10, 9, colour), text(left + 14, 16, words)]
    for power in range(low, high + 1):
        at = x(10**power)
        out += [box(at - 0.5, TOP - 8, 1, height - TOP, "#222" if power == 0 else "#ddd"),
                text(at, TOP - 12, f"{10**power:g}", "middle")]
    out += [box(LEFT + 324, 8, 2, 9, GOAL), text(LEFT + 330, 16, "goal against the best")]
    for line, (name, values) in enumerate(rows):
        y = TOP + LINE * line
        out.append(text(LEFT - 6, y + 13, name, "end"))
        for bar, (value, (_, colour, _)) in enumerate(zip(values, BARS)):
            if value:
                start, end = sorted((x(1), x(value)))
                out += [box(start, y + 1 + 9 * bar, end - start, 8, colour),
                        text(end + 3, y + 8 + 9 * bar, f"{value:.3g}", colour="#666")]
        goal = goals.goal_of(name)
        if values[0] and goal.best and not (goal.eager or goal.llama):  # what those two are held against is another bar
            out.append(box(x(goal.best) - 1, y, 2, 10, GOAL))
    return "\n".join(out + ["</svg>"]) + "\n"
