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
table{border-collapse:collapse;margin:8px 0}
td,th{padding:4px 14px 4px 0;text-align:right;border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums}
td:first-child,th:first-child{text-align:left}
th{font-weight:600;color:var(--soft);font-size:13px}
img{max-width:100%;height:auto;display:block}
.strip{display:grid;grid-template-columns:repeat(auto-fill,minmax(340px,1fr));gap:12px;margin:10px 0}
figure{margin:0;border:2px solid var(--line);border-radius:8px;overflow:hidden;background:#fafbfc}
figure.flagged{border-color:var(--flag)}
figcaption{padding:6px 10px;font-size:12.5px;color:var(--soft)}
"""
