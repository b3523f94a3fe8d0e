// The server: operators of the plugin, asked for directly. FiftyOne's own executeOperator sends a failed request again,
// and a decision must never be taken twice.

export class Refused extends Error {}

export async function ask(operator, params) {
  let response;
  try {
    response = await fetch(`${base()}/operators/execute`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ operator_uri: `@bleedkit/review/${operator}`, params }),
    });
  } catch {
    throw new Error("The review server does not answer. All that was shown as saved is saved; start the review again.");
  }
  const told = await response.json().catch(() => ({}));
  if (!response.ok || told.error) throw new Error(`The review server failed: ${told.error ?? response.status}`);
  const { error } = told.result;
  if (error) throw new Refused(`${error.what}: ${error.remedy}`);
  return told.result;
}

export const mediaUrl = (path) => `${base()}/media?filepath=${encodeURIComponent(path)}`;

function base() {
  const at = location.pathname.indexOf("/datasets"); // behind a proxy the App may live below a folder
  return location.origin + (at > 0 ? location.pathname.slice(0, at) : "");
}
