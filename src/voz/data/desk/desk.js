// Keys, and what is being typed kept in this browser until the server has it. LANG and OFFLINE are filled in.
document.documentElement.lang = 'LANG';
const KEEP = 14 * 24 * 3600 * 1000, EVERY = 5000, SENT = 3;
const field = (id) => document.querySelector(`#${id} textarea, #${id} input`);
const TYPED = 'voz-typed:';  // also in data/door/login.html
const keyOf = (who, id, draft, part) => `${TYPED}${who}:${id}:${draft}:${part}`;
const parts = { 'voz-reply-text': 'reply', 'voz-public': 'public' };
const kept = () => Object.keys(localStorage).filter((name) => name.startsWith(TYPED));
const drop = (unwanted) => {
  try {
    for (const name of kept()) if (unwanted(name)) localStorage.removeItem(name);
  } catch (error) { /* a store that cannot be read holds nothing to drop */ }
};

window.voz = {
  sent: {},
  // What stands on the screen, and with what this tab was shown what it has sent since: the server may not have
  // answered yet. While another case is being opened, the screen still shows the one before.
  onScreen(text, shown, id, draft, had, ...rest) {
    if (field('voz-case-id')?.value === id) {
      text = field('voz-reply-text')?.value ?? text;
      shown = field('voz-public')?.value ?? shown;
    }
    const sent = this.sent.of === id + draft ? this.sent : (this.sent = { of: id + draft, reply: [], public: [] });
    const seen = JSON.parse(had || '{"reply": [], "public": []}');
    const all = JSON.stringify({ reply: [...seen.reply, ...sent.reply], public: [...seen.public, ...sent.public] });
    sent.reply = [...sent.reply, text].slice(-SENT);
    sent.public = [...sent.public, shown].slice(-SENT);
    return [text, shown, id, draft, all, ...rest];
  },
  // The address names the open case, so that a reload comes back to it; and what this browser kept after the server
  // last heard of the text is put back, if there is any. What somebody else typed at this browser goes.
  restore(text, shown, id, draft, at) {
    const address = new URL(location), who = field('voz-who')?.value;
    address.searchParams.set('case', id);
    if (id) history.replaceState(null, '', address);
    if (who) drop((name) => !name.startsWith(`${TYPED}${who}:`));
    if (!at || !who) return;
    for (const [box, part, server] of [['voz-reply-text', 'reply', text], ['voz-public', 'public', shown]]) {
      try {
        const own = JSON.parse(localStorage.getItem(keyOf(who, id, draft, part)) || 'null');
        const area = field(box);
        if (!own || !area || own.at <= Number(at) || own.text === server) continue;
        area.value = own.text;
        area.dispatchEvent(new Event('input', { bubbles: true }));
      } catch (error) { /* nothing that can be read was kept */ }
    }
  },
  // What was typed on an older draft of the open case and may never have arrived: [name, draft, part, text] of each.
  older(id) {
    const who = field('voz-who')?.value, draft = field('voz-draft-id')?.value;
    if (!id || !who || !draft || id !== field('voz-case-id')?.value) return [];
    const found = [];
    try {
      for (const name of kept()) {
        const [, of, its, on, part] = name.split(':');
        if (of === who && its === id && on !== draft) {
          found.push([name, on, part, JSON.parse(localStorage.getItem(name)).text]);
        }
      }
    } catch (error) { /* nothing that can be read was kept */ }
    return found;
  },
  left(id) { return [id, JSON.stringify(this.older(id))]; },
  arrived(left) {
    const there = JSON.parse(left || '[]').map(([name]) => name);
    drop((name) => there.includes(name));
  },
  // A case that was approved or closed leaves nothing behind; `at` is empty once nothing can be typed on it.
  forget(id, at) {
    if (id && !at) drop((name) => name.split(':')[2] === id);
  },
};

document.addEventListener('input', (event) => {
  const box = event.target.closest('#voz-reply-text, #voz-public');
  const id = field('voz-case-id')?.value, draft = field('voz-draft-id')?.value, who = field('voz-who')?.value;
  if (!box || !id || !draft || !who) return;
  clearTimeout(window.voz.pause);
  window.voz.pause = setTimeout(() => document.querySelector('button#voz-typed, #voz-typed button')?.click(), 200);
  try {
    const own = JSON.stringify({ text: event.target.value, at: Date.now() });
    localStorage.setItem(keyOf(who, id, draft, parts[box.id]), own);
  } catch (error) { /* a full or forbidden store: the server still has what it heard */ }
}, true);

try {
  for (const name of Object.keys(localStorage)) {
    if (name.startsWith('voz:')) localStorage.removeItem(name);  // of versions that did not say who had typed it
  }
  for (const name of kept()) {
    const own = JSON.parse(localStorage.getItem(name) || '{}');
    if (!(Date.now() - own.at < KEEP)) localStorage.removeItem(name);
  }
} catch (error) { /* nothing to tidy up then */ }

const step = (by) => {
  const cards = [...document.querySelectorAll('#voz-queue input[type=radio]')];
  const at = cards.findIndex((card) => card.checked);
  const next = cards[Math.min(Math.max(at + by, 0), cards.length - 1)];
  if (next) { next.click(); next.focus(); }
};
const button = (id) => document.querySelector(`button#${id}, #${id} button`);
// What lies in a fold is not there before the fold is opened.
const unfolded = (fold, then) => {
  const head = document.querySelector(`#${fold} button.label-wrap`);
  if (!head || !head.offsetParent) return;
  if (!head.classList.contains('open')) head.click();
  setTimeout(() => { then(); head.scrollIntoView({ block: 'nearest' }); }, 150);
};
const KEYS = {
  KeyJ: () => step(1), KeyK: () => step(-1), KeyB: () => field('voz-search')?.focus(),
  KeyE: () => field('voz-reply-text')?.focus(), KeyT: () => button('voz-take')?.click(),
  KeyS: () => unfolded('voz-more', () => button('voz-release')?.click()),
  KeyR: () => unfolded('voz-rewrite', () => field('voz-wish')?.focus()),
  KeyC: () => unfolded('voz-consult', () => field('voz-ask')?.focus()),
  KeyP: () => unfolded('voz-more', () => field('voz-snooze')?.focus()),
  KeyX: () => unfolded('voz-more', () => field('voz-close')?.focus()),
  KeyH: () => unfolded('voz-keys', () => {}),
};
document.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    const approve = button('voz-approve');
    if (approve && approve.offsetParent) { event.preventDefault(); approve.click(); }
    return;
  }
  if (!event.altKey || event.ctrlKey || event.metaKey) return;
  if (KEYS[event.code]) { event.preventDefault(); KEYS[event.code](); }
});

const banner = document.createElement('div');
banner.id = 'voz-offline';
banner.setAttribute('role', 'status');
banner.hidden = true;
banner.textContent = 'OFFLINE';
document.body.prepend(banner);
setInterval(() => {
  if (window.voz.older(field('voz-case-id')?.value).length) button('voz-left')?.click();
}, EVERY);
setInterval(async () => {
  let well = false;
  try { well = (await fetch('/healthz', { cache: 'no-store' })).ok; } catch (error) { /* nobody answers */ }
  if (well && !banner.hidden) location.reload();  // a server that came back knows nothing of this page
  banner.hidden = well;
}, EVERY);
