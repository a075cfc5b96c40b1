#include "harness/report/page/style.hpp"

#include "harness/report/svg_plot.hpp"

namespace muster {
namespace {

constexpr Literal colours = R"(
:root{color-scheme:light dark;--page:#fff;--ink:#1a1c1f;--soft:#5a626b;--line:#d5dae0;--faint:#eceff2;--card:#f6f8fa;
--link:#0b57a4;--good:#116b3f;--warn:#8a5200;--bad:#b3261e;--goodbox:#e8f5ee;--warnbox:#fff5e0;--badbox:#fdecea;
--s0:#0067a5;--s1:#c24e00;--s2:#00805d;--s3:#a8457f;--s4:#8a6d00;--s5:#3d7ea6;--s6:#6b4fb3;--s7:#505860;
--band:#0067a51c;--crowd:#8fa9bd}
@media screen and (prefers-color-scheme:dark){:root{--page:#14171a;--ink:#e6e9ec;--soft:#a3acb5;--line:#394149;
--faint:#242a30;--card:#1c2126;--link:#84bdf5;--good:#63d69c;--warn:#f2b957;--bad:#ff8f85;--goodbox:#14291f;
--warnbox:#2e2512;--badbox:#331a18;--s0:#62b4f0;--s1:#ff9a55;--s2:#43d3a5;--s3:#ee9ccb;--s4:#e8cf4e;--s5:#9cd0ee;
--s6:#b7a1f5;--s7:#b9c1c9;--band:#62b4f02e;--crowd:#5d7890}}
)";

constexpr Literal text = R"(
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,
"Noto Sans","Liberation Sans",Arial,sans-serif;overflow-wrap:break-word}
main,header,footer{max-width:1120px;margin:0 auto;padding:0 24px}
header{padding-top:28px}footer{padding:24px;color:var(--soft);font-size:13px}
h1{font-size:26px;line-height:1.25;margin:0 0 4px;font-weight:650}
h2{font-size:21px;line-height:1.3;margin:44px 0 8px;font-weight:650;padding-top:14px;border-top:2px solid var(--ink)}
h3{font-size:18px;line-height:1.3;margin:36px 0 6px;font-weight:650}
h4{font-size:15px;line-height:1.3;margin:20px 0 4px;font-weight:650}
p{margin:6px 0 10px}a{color:var(--link)}
.sub{color:var(--soft);margin:0 0 16px}.says{max-width:78ch}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
nav ul{list-style:none;margin:14px 0 0;padding:0;display:flex;flex-wrap:wrap;gap:2px 18px;font-size:14px}
nav a{display:inline-block;padding:3px 0}
ul{margin:6px 0;padding-left:20px}li{margin:2px 0}
)";

constexpr Literal boxes = R"(
.verdict{border-left:6px solid var(--soft);background:var(--card);padding:12px 16px;margin:14px 0;border-radius:4px}
.verdict p{margin:2px 0}.verdict .word{font-size:19px;font-weight:650}
.verdict.good{border-color:var(--good);background:var(--goodbox)}.good .word{color:var(--good)}
.verdict.warn{border-color:var(--warn);background:var(--warnbox)}.warn .word{color:var(--warn)}
.verdict.bad{border-color:var(--bad);background:var(--badbox)}.bad .word{color:var(--bad)}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(196px,1fr));gap:10px;margin:16px 0;padding:0;list-style:none}
.tiles li{border:1px solid var(--line);border-radius:6px;padding:10px 12px;margin:0;background:var(--card)}
.tiles .what{display:block;color:var(--soft);font-size:13px;line-height:1.35}
.tiles .value{display:block;font-size:22px;font-weight:650;font-variant-numeric:tabular-nums;line-height:1.35;white-space:nowrap}
.tiles small{font-size:14px;font-weight:500}.tiles .more{display:block;font-size:13px;line-height:1.35}
figure{margin:8px 0 6px}.cells{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(344px,100%),1fr));gap:8px 20px}
.cells>div{min-width:0}
details{margin:6px 0}summary{cursor:pointer;color:var(--link);padding:4px 0;font-size:14px}
)";

constexpr Literal tables = R"(
.scroll{overflow-x:auto;margin:6px 0 12px}
table{border-collapse:collapse;font-size:14px;line-height:1.4;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--soft);font-size:13px;padding:2px 0 4px}
th,td{text-align:left;vertical-align:top;padding:4px 14px 4px 0;border-bottom:1px solid var(--line);font-weight:400}
thead th{color:var(--soft);font-weight:600;border-bottom:1px solid var(--soft);vertical-align:bottom}
td.number,th.number{text-align:right;white-space:nowrap}
pre{overflow-x:auto;font-size:13px;background:var(--card);padding:10px 12px;border-radius:4px;white-space:pre-wrap}table{min-width:min(100%,420px)}tr.group th{font-weight:650;padding-top:12px}
)";

constexpr Literal drawings = R"(
svg{display:block;max-width:100%;height:auto;font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",
"Liberation Sans",Arial,sans-serif;overflow:visible}
.patterns{position:absolute;width:0;height:0}
.chart.narrow{display:none}
.chart.narrow svg{width:100%;max-width:420px}
svg text{fill:var(--ink);paint-order:stroke;stroke:var(--page);stroke-width:3px;stroke-linejoin:round}svg .inverse,svg .dark{stroke:none}svg .tick,svg .axis-title,svg .quiet{fill:var(--soft)}
svg .strong{font-weight:650}svg .inverse{fill:#fff}svg .dark{fill:#111}
svg .grid{stroke:var(--line);stroke-width:1;shape-rendering:crispEdges}
svg .axis,svg .stem{stroke:var(--soft);stroke-width:1}
svg .roof{stroke:var(--ink);stroke-width:1.6;fill:none}
svg .clock{stroke:var(--ink);stroke-width:1.6;fill:none;stroke-dasharray:2 2.5}
svg .limit{stroke:var(--soft);stroke-width:1.4;fill:none;stroke-dasharray:5 3}
svg .interval{stroke:var(--ink);stroke-width:2}svg .middle{stroke:var(--ink);stroke-width:2}
svg .band{fill:var(--band);stroke:none}
svg .crowd{fill:var(--crowd)}svg .worst{fill:none;stroke:#b3261e;stroke-width:2}svg .cell{shape-rendering:crispEdges}
svg .thread{fill:none;stroke:var(--crowd);stroke-width:.8;opacity:.75}svg .hole{fill:var(--faint)}
svg .mark{stroke:var(--page);stroke-width:.8}
svg .curve{fill:none;stroke-width:1.8;stroke-linejoin:round}
svg .bar{stroke-width:1}
)";

constexpr Literal series = R"(
.mark.s0{fill:var(--s0)}.mark.s1{fill:var(--s1)}.mark.s2{fill:var(--s2)}.mark.s3{fill:var(--s3)}
.mark.s4{fill:var(--s4)}.mark.s5{fill:var(--s5)}.mark.s6{fill:var(--s6)}.mark.s7{fill:var(--s7)}
.curve.s0{stroke:var(--s0)}.curve.s1{stroke:var(--s1);stroke-dasharray:7 3}.curve.s2{stroke:var(--s2);stroke-dasharray:2 3}
.curve.s3{stroke:var(--s3);stroke-dasharray:9 3 2 3}.curve.s4{stroke:var(--s4);stroke-dasharray:4 2}
.curve.s5{stroke:var(--s5);stroke-dasharray:12 3}.curve.s6{stroke:var(--s6);stroke-dasharray:1 4}
.curve.s7{stroke:var(--s7);stroke-dasharray:6 2 1 2 1 2}
.bar.s0{fill:var(--s0);stroke:var(--s0)}.bar.s1{fill:url(#hatch1);stroke:var(--s1)}.bar.s2{fill:url(#hatch2);stroke:var(--s2)}
.bar.s3{fill:url(#hatch3);stroke:var(--s3)}.bar.s4{fill:var(--s4);stroke:var(--s4)}.bar.s5{fill:url(#hatch5);stroke:var(--s5)}
.bar.s6{fill:url(#hatch6);stroke:var(--s6)}.bar.s7{fill:url(#hatch7);stroke:var(--s7)}
.hatch1{stroke:var(--s1);stroke-width:2.4}.hatch2{stroke:var(--s2);stroke-width:2}.hatch3{fill:var(--s3)}
.hatch5{stroke:var(--s5);stroke-width:2.4}.hatch6{stroke:var(--s6);stroke-width:2}.hatch7{stroke:var(--s7);stroke-width:1.2}
)";

constexpr Literal phones = R"(
@media screen and (max-width:720px){main,header,footer{padding-left:16px;padding-right:16px}header{padding-top:18px}
h1{font-size:22px}h2{font-size:19px}h3{font-size:17px}.chart.wide{display:none}.chart.narrow{display:block}
.tiles{grid-template-columns:repeat(auto-fill,minmax(150px,1fr))}.tiles .value{font-size:19px}
table{font-size:13px}th,td{padding-right:10px}.aside,.uuid{display:none}summary{padding:8px 0}nav a{padding:6px 0}}
@media (prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
)";

constexpr Literal paper = R"(
@page{size:A4;margin:14mm 13mm}
@media print{body{font-size:10.5pt}main,header,footer{max-width:none;padding:0}nav,details.unprinted{display:none}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
h2,h3,h4{break-after:avoid;margin-top:16pt}.verdict,.tiles li,tr,svg,.says,.cells>div{break-inside:avoid}
figcaption,.says,summary{break-after:avoid}details caption{display:none}.cells{grid-template-columns:1fr 1fr}
svg text{stroke:none}.scroll{overflow:visible}table{font-size:8.5pt;width:100%}thead{display:table-header-group}
th,td{padding:2pt 6pt 2pt 0}td,tbody th{overflow-wrap:break-word}table:has(.aside) .uuid{display:none}.aside{min-width:32mm}thead th{font-size:7.5pt;white-space:normal}
details.printed::details-content{content-visibility:visible;block-size:auto;height:auto;display:block}
details.printed summary{list-style:none;color:var(--soft)}
.tiles{grid-template-columns:repeat(4,1fr)}.tiles .value{font-size:14pt}}
)";

Markup pattern(Literal id, Markup const& content) {
  return element(
      "pattern",
      {{"id", std::string(id.text())}, {"width", "6"}, {"height", "6"}, {"patternUnits", "userSpaceOnUse"}},
      content);
}

Markup stroke(Literal kind, Literal path) {
  return Markup::empty_element(
      "path", {{"class", std::string(kind.text())}, {"d", std::string(path.text())}, {"fill", "none"}});
}

}  // namespace

Markup page_style() {
  Markup rules;
  for (auto const& part : {colours, text, boxes, tables, drawings, series, phones, paper})
    rules += Markup::literal(part);
  return element("style", rules);
}

Markup page_patterns() {
  Markup hatchings = pattern("hatch1", stroke("hatch1", "M-1 1L1 -1M0 6L6 0M5 7L7 5"));
  hatchings += pattern("hatch2", stroke("hatch2", "M0 1.5H6M0 4.5H6"));
  hatchings +=
      pattern("hatch3",
              Markup::empty_element("circle", {{"class", "hatch3"}, {"cx", "3"}, {"cy", "3"}, {"r", "1.7"}}));
  hatchings += pattern("hatch5", stroke("hatch5", "M-1 5L1 7M0 0L6 6M5 -1L7 1"));
  hatchings += pattern("hatch6", stroke("hatch6", "M1.5 0V6M4.5 0V6"));
  hatchings += pattern("hatch7", stroke("hatch7", "M3 0V6M0 3H6"));
  return element(
      "div", {{"class", "patterns"}, {"aria-hidden", "true"}},
      svg({"Hatchings", "Fillings of bars in the drawings below."}, 0, 0, element("defs", hatchings)));
}

}  // namespace muster
