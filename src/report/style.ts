import { Markup } from './markup.ts';

const light = `
--paper:#fbfaf6;--panel:#ffffff;--ink:#1c1e21;--quiet:#5a5f66;--line:#dcd8cd;--grid:#e9e6dd;
--ours:#a01d1a;--partly-ours:#8f4700;--recombined:#643a96;--not-ours:#1a653f;--undetermined:#48505b;
--strong:#1d4f7c;--weak:#7fabd0;--chimera:#c8682f;--none:#cfcbc0;--blank:#e6e3da;
--current:#1f6f5c;--stale:#d3a72c;--registered:#c9d6e2;--chance:#eadfc8;`;
const dark = `
--paper:#15171a;--panel:#1d2024;--ink:#e9e7e1;--quiet:#a5aab2;--line:#3a3e45;--grid:#2b2f35;
--ours:#ff8f86;--partly-ours:#f5b164;--recombined:#c9a6f2;--not-ours:#7fd1a3;--undetermined:#b6bec9;
--strong:#6fa8dc;--weak:#355f85;--chimera:#e08a52;--none:#4b4f56;--blank:#33373d;
--current:#55b39a;--stale:#c99e2b;--registered:#3b4a59;--chance:#453c29;`;

/** The report's style sheet: no font, image or file is fetched; dark where the reader's system is, always light on paper (A4). */
export const styleSheet = new Markup(`<style>
:root{color-scheme:light dark;${light}}
@media (prefers-color-scheme:dark){:root{${dark}}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI","Liberation Sans",Arial,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;font-variant-numeric:tabular-nums}
main{max-width:820px;margin:0 auto;padding:48px 28px 72px}
h1,h2,.figure b{font-family:"Iowan Old Style","Palatino Linotype",Palatino,"Liberation Serif",Georgia,"Songti SC","Noto Serif CJK SC",serif;font-weight:600}
h1{font-size:2.35rem;line-height:1.18;margin:.4rem 0 .6rem;letter-spacing:-.01em;text-wrap:balance}
h2{font-size:1.4rem;line-height:1.25;margin:0 0 .7rem}
h3{font-size:1rem;margin:1.6rem 0 .5rem}
p{margin:.5rem 0;max-width:68ch}
section{margin-top:2.6rem;padding-top:1.5rem;border-top:1px solid var(--line)}
.quiet{color:var(--quiet)}.small{font-size:.86rem}
header .top{display:flex;justify-content:space-between;gap:16px;color:var(--quiet);font-size:.86rem;letter-spacing:.02em}
header .file{overflow-wrap:anywhere}
.verdict{margin-top:2rem;padding-left:20px;border-left:6px solid var(--verdict)}
.kind{display:inline-block;color:var(--verdict);font-weight:700;font-size:.82rem;letter-spacing:.14em;text-transform:uppercase}
.lead{font-size:1.15rem}
.figures{display:grid;grid-template-columns:1.65fr 1fr 1.15fr 1fr;gap:1px;margin:1.8rem 0 0;padding:0;background:var(--line);border:1px solid var(--line)}
.figure{background:var(--panel);padding:14px 16px}
.figure dt{color:var(--quiet);font-size:.82rem}
.figure dd{margin:0}.figure b{display:block;font-size:1.45rem;line-height:1.25;margin:.15rem 0}
.figure span{color:var(--quiet);font-size:.82rem;display:block;line-height:1.35}
ol,ul{padding-left:1.3em;max-width:70ch}li{margin:.4rem 0;padding-left:.2em}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem;margin:.6rem 0}
caption{text-align:left;color:var(--quiet);font-size:.86rem;padding-bottom:.4rem}
th,td{text-align:left;vertical-align:top;padding:6px 14px 6px 0;border-bottom:1px solid var(--line)}
thead th{border-bottom:1.5px solid var(--ink);font-weight:600;white-space:nowrap}
tbody th{font-weight:500}
.n{text-align:right;white-space:nowrap}.nowrap{white-space:nowrap}
td:last-child,th:last-child{padding-right:0}
.cell{min-width:5.5em;font-family:ui-monospace,"SF Mono",Consolas,"Liberation Mono","Noto Sans Mono CJK SC",monospace;font-size:.78rem;max-width:16em;overflow-wrap:anywhere}
.header{min-width:6em;max-width:14em;overflow-wrap:anywhere}
.narrow{width:auto;min-width:20em}
.samples th,.samples td{padding-right:10px}.samples thead th{white-space:normal;vertical-align:bottom}
.chart{display:block;width:100%;height:auto;margin:1rem 0 .6rem;font:13px system-ui,"Segoe UI","Liberation Sans",Arial,"Noto Sans CJK SC",sans-serif}
.chart text{fill:var(--ink)}.chart .quiet{fill:var(--quiet)}.chart .strong{font-weight:600}.chart .small{font-size:11px}
.chart .end{text-anchor:end}.chart .middle{text-anchor:middle}
.meter{width:60px;height:10px;margin-left:8px;vertical-align:baseline}
.axis{stroke:var(--quiet)}.grid{stroke:var(--grid)}.threshold{stroke:var(--quiet);stroke-dasharray:3 4}
.interval{stroke:var(--strong);stroke-width:3}.k-interval{fill:var(--strong)}
.k-strong,.k-matched,.k-meter{fill:var(--strong)}.k-weak{fill:var(--weak)}.k-chimera{fill:var(--chimera)}.k-none{fill:var(--none)}.k-blank{fill:var(--blank)}
.k-current{fill:var(--current)}.k-stale{fill:var(--stale)}.k-registered{fill:var(--registered)}.k-chance{fill:var(--chance)}.k-empty{fill:var(--grid)}
.tag{display:inline-block;padding-left:16px;position:relative;white-space:nowrap}
.tag::before{content:"";position:absolute;left:0;top:.42em;width:10px;height:10px;background:var(--tag)}
.tag-strong{--tag:var(--strong)}.tag-weak{--tag:var(--weak)}.tag-chimera{--tag:var(--chimera)}.tag-none{--tag:var(--none)}
@media (max-width:640px){main{padding:24px 16px 48px}.figures{grid-template-columns:1fr 1fr}h1{font-size:1.8rem}}
footer{margin-top:2.6rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--quiet);font-size:.86rem}
@page{size:A4;margin:17mm 16mm}
@media print{
:root{color-scheme:light;${light}--paper:#fff}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
html{font-size:10pt}body{font-size:10pt;line-height:1.45}main{max-width:none;padding:0}
section{margin-top:1.6rem;padding-top:1rem}h1{font-size:22pt}
h2,h3{break-after:avoid}tr,li,.figure,.chart,.verdict,.keep{break-inside:avoid}
thead{display:table-header-group}.scroll{overflow:visible}
table{font-size:8.6pt}.figures{grid-template-columns:1.6fr 1fr 1fr 1.1fr}.cell,.samples th{font-size:6.8pt;white-space:normal}.cell{min-width:0}
}
</style>`);
