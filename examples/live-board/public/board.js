const $ = (id) => document.getElementById(id);
const shown = new Set();

function show({ id, name, text }, atTop = true) {
  if (shown.has(id)) return;
  shown.add(id);
  const item = document.createElement('li');
  const who = document.createElement('strong');
  who.textContent = `${name}: `;
  item.append(who, text);
  if (atTop) $('posts').prepend(item);
  else $('posts').append(item);
}

// All that is there. Again where events were missed for good.
async function load() {
  const response = await fetch('posts');
  for (const post of await response.json()) show(post, false);
}

// The browser connects again by itself, and says the place of the last event that it has had.
const events = new EventSource('events');
events.onopen = () => {
  $('state').textContent = 'live';
};
events.onerror = () => {
  $('state').textContent = 'offline';
};
events.onmessage = ({ data }) => show(JSON.parse(data));
events.addEventListener('reset', () => load());
// Once the stream is open, so that nothing comes between what is there and what comes.
events.addEventListener('open', load, { once: true });

$('form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const response = await fetch('posts', { method: 'POST', body: new URLSearchParams(new FormData($('form'))) });
  $('told').textContent = response.ok ? '' : (await response.json()).detail;
  if (response.ok) $('text').value = '';
});

let socket;
let quiet;
function connect() {
  socket = new WebSocket(new URL('typing', location.href.replace(/^http/, 'ws')));
  socket.onmessage = ({ data }) => {
    const { name } = JSON.parse(data);
    if (!name || name === $('name').value) return;
    $('typing').textContent = `${name} is typing …`;
    clearTimeout(quiet);
    quiet = setTimeout(() => {
      $('typing').textContent = '';
    }, 2000);
  };
  socket.onclose = () => setTimeout(connect, 1000);
}
connect();

$('text').addEventListener('input', () => {
  const name = $('name').value.trim();
  if (name !== '' && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ name }));
});
