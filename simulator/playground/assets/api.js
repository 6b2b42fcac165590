// The calls of /sim/api, and what went wrong as a sentence to show.

async function answer(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw new Error(body.error?.message || `服务返回 ${response.status}`);
  }
  return body;
}

export async function post(call, body) {
  return answer(await fetch(`/sim/api/${call}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  }));
}

export async function get(call, params = {}) {
  return answer(await fetch(`/sim/api/${call}?${new URLSearchParams(params)}`));
}

// column fetches one column's HTML as an element.
export async function column(key, chat) {
  const response = await fetch(`/sim/column?${new URLSearchParams({ c: chat ? `${key}~${chat}` : key })}`);
  if (!response.ok) throw new Error(await response.text());
  const doc = new DOMParser().parseFromString(await response.text(), 'text/html');
  return document.adoptNode(doc.querySelector('.column'));
}

export const people = JSON.parse(document.getElementById('people').textContent) || [];
