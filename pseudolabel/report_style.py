"""The look of report.html."""

from typing import Final

STYLE: Final = """
:root{--ink:#212529;--soft:#6c757d;--line:#e3e7eb;--accent:#0b7285;--flag:#e03131}
*{box-sizing:border-box}
body{margin:0;background:#f4f6f8;color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:1180px;margin:0 auto;padding:28px 20px 60px}
header h1{margin:0;font-size:30px;letter-spacing:-.5px}
header p{margin:2px 0 18px;color:var(--soft)}
section{background:#fff;border:1px solid var(--line);border-radius:12px;padding:18px 22px;margin:16px 0}
h2{margin:0 0 6px;font-size:19px}
h3{margin:18px 0 4px;font-size:15px}
h3 small{font-weight:400;color:var(--soft);margin-left:8px}
p{margin:6px 0 10px;max-width:80ch}
.tiles{display:flex;flex-wrap:wrap;gap:12px;background:none;border:0;padding:0}
.tiles div{flex:1 1 150px;background:#fff;border:1px solid var(--line);border-radius:12px}
.tiles div{padding:14px 18px;color:var(--soft)}
.tiles b{display:block;font-size:27px;color:var(--accent)}
.legend{color:var(--soft)}
.flag{color:var(--flag)}
.wide{overflow-x:auto;margin:8px 0}
table{border-collapse:collapse}
td,th{padding:4px 14px 4px 0;text-align:right;border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums}
td{white-space:nowrap}
td:first-child,th:first-child{text-align:left;white-space:normal;min-width:130px}
th{font-weight:600;color:var(--soft);font-size:13px;vertical-align:bottom}
img{max-width:100%;height:auto;display:block}
.said{color:#15aabf}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(420px,100%),1fr));gap:12px;margin:10px 0}
.strip{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(340px,100%),1fr));gap:12px;margin:10px 0}
figure{margin:0;border:2px solid var(--line);border-radius:8px;overflow:hidden;background:#fafbfc}
figure.flagged{border-color:var(--flag)}
figcaption{padding:6px 10px;font-size:12.5px;color:var(--soft)}
@media (max-width:600px){main{padding:16px 10px 40px}section{padding:14px 12px}header h1{font-size:24px}}
@media print{body{background:#fff;font-size:11px}main{max-width:none;padding:0}section{border:0;padding:6px 0}
figure,tr,img{break-inside:avoid}.wide{overflow:visible}td,th{padding-right:8px}}
"""
