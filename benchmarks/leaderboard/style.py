"""The look of the pages: light and dark, on a phone, on paper; no colour says a thing that words do not."""

from typing import Final

STYLE: Final = """
:root{--ink:#1d2327;--soft:#5b6570;--line:#dfe4e8;--paper:#fff;--desk:#f4f6f8;--accent:#0b6478;--warn:#a8380b;
--warned:#fdeee4;--told:#eef1f4;--best:#e3f2ee;color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{--ink:#e8ebee;--soft:#a4adb6;--line:#3a4249;--paper:#1b2025;--desk:#12161a;
--accent:#6fcbe0;--warn:#ffb088;--warned:#3b2418;--told:#252c33;--best:#16372f}}
*{box-sizing:border-box}
html{scroll-padding-top:12px}
body{margin:0;background:var(--desk);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:1320px;margin:0 auto;padding:26px 20px 60px}
a{color:var(--accent)}
header h1{margin:0;font-size:28px;letter-spacing:-.4px;line-height:1.2}
header p{margin:6px 0 14px;color:var(--soft);overflow-wrap:anywhere}
nav{display:flex;flex-wrap:wrap;gap:4px 14px;margin:0 0 14px;font-size:14px}
section{background:var(--paper);border:1px solid var(--line);border-radius:12px;padding:16px 20px;margin:14px 0}
h2{margin:0 0 6px;font-size:19px;overflow-wrap:anywhere}
h3{margin:16px 0 4px;font-size:15px;overflow-wrap:anywhere}
p,ol.notes,ul{margin:6px 0 10px;max-width:88ch;overflow-wrap:anywhere}
.notes{font-size:13px;color:var(--soft);padding-left:22px}
.soft{color:var(--soft)}
.warn{color:var(--warn);font-weight:600}
.banner{background:var(--warned);color:var(--warn);border:1px solid var(--warn);border-radius:10px;padding:10px 14px;
margin:12px 0;font-weight:600;max-width:none}
.wide{overflow-x:auto;margin:8px 0;max-width:100%}
.wide:focus-visible,button:focus-visible,a:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
table{border-collapse:separate;border-spacing:0}
td,th{padding:6px 12px;text-align:right;border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums;
vertical-align:top;background:var(--paper)}
td{white-space:nowrap}
th{font-weight:600;font-size:13px;color:var(--soft);vertical-align:bottom}
tr>:first-child{text-align:left;white-space:normal;min-width:196px;max-width:280px;position:sticky;left:0;z-index:1;
padding-left:8px;overflow-wrap:anywhere;border-right:1px solid var(--line)}
tbody th{color:var(--ink);font-size:15px;vertical-align:top}
td small,th small{display:block;color:var(--soft);font-weight:400;font-size:11.5px;line-height:1.35}
td.best{background:var(--best);font-weight:700}
td.word,th.word,th.text{text-align:left}
td.text{text-align:left;white-space:normal;min-width:230px;max-width:64ch;overflow-wrap:anywhere}
tr.leaky>*{background:var(--warned)}
tr.reported>*{background:var(--told);font-style:italic}
tr.human>*{border-top:2px solid var(--accent)}
tr.says>*{position:static;max-width:none;border-right:0;background:var(--paper);color:var(--soft);font-size:13px;
font-style:normal;padding-top:16px}
tr.says td{white-space:normal}
tr.says span{position:sticky;left:8px;display:inline-block;max-width:min(88ch,calc(100vw - 60px))}
.paper{display:none}
th button{font:inherit;color:inherit;background:none;border:0;padding:0;margin:0;cursor:pointer;text-align:inherit}
th[data-sort] button::after{content:" ⇅";opacity:.45}
th[aria-sort=ascending] button::after{content:" ▲";opacity:1}
th[aria-sort=descending] button::after{content:" ▼";opacity:1}
sup{line-height:0}
code,pre{font:13px/1.45 ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}
pre{white-space:pre-wrap;background:var(--told);border-radius:8px;padding:10px 12px;margin:6px 0;max-height:420px;
overflow:auto}
dl{display:grid;grid-template-columns:minmax(110px,max-content) 1fr;gap:4px 18px;margin:6px 0}
dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere;min-width:0}
details{margin:8px 0}
summary{cursor:pointer;color:var(--accent)}
img{max-width:100%;height:auto;display:block}
img.plot{background:#fff;border-radius:8px}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(440px,100%),1fr));gap:14px;margin:10px 0;
align-items:start}
.plots figure{padding:8px;background:#fff;border-radius:8px}
figure{margin:0;min-width:0}
figcaption{font-size:12.5px;color:var(--soft);padding:4px 2px;overflow-wrap:anywhere}
.plots figcaption{color:#5b6570}
.strip{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(230px,100%),1fr));gap:10px;margin:10px 0 18px}
.strip svg{width:100%;height:auto;display:block;border-radius:6px;background:#000}
@media (max-width:600px){main{padding:14px 8px 40px}section{padding:12px 10px;border-radius:10px}
header h1{font-size:23px}td,th{padding:6px 8px}tr>:first-child{min-width:132px;max-width:150px}
dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:8px}.strip{grid-template-columns:1fr 1fr}}
@page{size:A4 landscape;margin:12mm}
@media print{:root{--ink:#000;--soft:#444;--line:#bbb;--paper:#fff;--desk:#fff;--accent:#000;--warn:#7a2600;
--warned:#f6e6dc;--told:#f0f0f0;--best:#e4e4e4;color-scheme:light}
.screen{display:none}.paper{display:block}.notes,figcaption{font-size:9px}
body{font-size:10.5px}main{max-width:none;padding:0}section{border:0;padding:4px 0}nav,th button::after{display:none}
.wide{overflow:visible}table{font-size:8.5px}td,th{padding:2px 4px;position:static!important}
td small,th small{font-size:7px}td.text{min-width:0}
tbody th{font-size:8.5px}th{font-size:8px}tr>:first-child{min-width:88px;max-width:150px}
tr.says>*{font-size:8.5px;padding-top:6px}thead{display:table-header-group}
tr,figure,img,svg{break-inside:avoid}pre{max-height:none}.strip{grid-template-columns:repeat(4,1fr)}
.plots{grid-template-columns:1fr 1fr}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""
