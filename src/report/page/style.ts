/** The look of a page: light and dark by the reader's setting, two columns of charts or one. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--back:#f5f6f8;--card:#fff;--edge:#dfe3e8;--grid:#e9ecf0;
--main:#2566c8;--second:#12907f;--third:#8a5bc7;--fourth:#c77f1b;--loss:#c2403a;--buy:#2566c8;--sell:#d2601a;--quiet:#7d8896}
@media (prefers-color-scheme:dark){:root{--ink:#e4e9f0;--soft:#97a3b3;--back:#10141a;--card:#181e26;--edge:#2a323d;--grid:#252c36;
--main:#6ea4f5;--second:#3dbda9;--third:#b590ec;--fourth:#e5a545;--loss:#ec7a74;--buy:#6ea4f5;--sell:#f28b4b;--quiet:#8793a3}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1180px;padding:20px 16px 40px;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
h1{font-size:24px;margin:0 0 4px}h2{font-size:18px;margin:32px 0 10px}
header p{margin:2px 0;color:var(--soft)}.remark,header p.remark{color:var(--loss)}
.headline{display:grid;grid-template-columns:repeat(4,1fr);gap:10px;margin:18px 0}
.headline div,figure{background:var(--card);border:1px solid var(--edge);border-radius:8px}
.headline div{padding:10px 12px}dt{color:var(--soft);font-size:13px}
dd{margin:0;font-size:19px;font-weight:600;font-variant-numeric:tabular-nums}dd.note{font-size:12.5px;font-weight:400;color:var(--soft)}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:12px;margin:12px 0}
figure{margin:0;padding:12px 12px 6px}figcaption b{display:block}figcaption span{color:var(--soft);font-size:13px}
figcaption .key{margin-left:8px;white-space:nowrap}.key i{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:4px}
.key .main{background:var(--main)}.key .second{background:var(--second)}.key .third{background:var(--third)}.key .fourth{background:var(--fourth)}
svg{display:block;width:100%;height:auto;margin-top:6px}
.axis{fill:var(--soft);font:12px system-ui,sans-serif;font-variant-numeric:tabular-nums}
.grid{stroke:var(--grid);fill:none}.zero{stroke:var(--soft);fill:none}
.line{fill:none;stroke-width:1.6;stroke-linejoin:round}.area{opacity:.14;stroke:none}
.line.main{stroke:var(--main)}.line.second{stroke:var(--second)}.line.loss{stroke:var(--loss)}.line.quiet{stroke:var(--quiet);stroke-width:1.2}
.line.limit{stroke:var(--loss);stroke-dasharray:5 4;stroke-width:1.2}
.area.main{fill:var(--main)}.area.second{fill:var(--second)}.area.loss{fill:var(--loss)}
.bar.main{fill:var(--main)}.bar.second{fill:var(--second)}.bar.third{fill:var(--third)}.bar.fourth{fill:var(--fourth)}
.dot{stroke:none}.dot.main{fill:var(--main);opacity:.5}.dot.second{fill:var(--second)}.dot.quiet{fill:var(--quiet);opacity:.6}.dot.loss{fill:var(--loss)}
.axis.inside{fill:var(--ink)}.cell{stroke:var(--grid)}.cell.good{fill:var(--main)}.cell.bad{fill:var(--loss)}
.whisker{stroke:var(--ink);stroke-width:1.3;fill:none}.fill.buy{fill:var(--buy)}.fill.sell{fill:var(--sell)}
.wide{overflow-x:auto;background:var(--card);border:1px solid var(--edge);border-radius:8px}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
th,td{padding:6px 10px;text-align:right;white-space:nowrap;border-top:1px solid var(--grid)}thead th{border-top:0;color:var(--soft);font-weight:500}
th:first-child{text-align:left;font-weight:600;position:sticky;left:0;background:var(--card)}
footer{margin-top:30px;color:var(--soft);font-size:13px}
@media (max-width:700px){.headline{grid-template-columns:repeat(2,1fr)}}
@media (max-width:520px){body{padding:14px 10px 30px}.axis{font-size:14px}}
@media print{body{background:#fff}figure,.headline div{break-inside:avoid}}
`;
