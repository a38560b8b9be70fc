// The language of the page, and its line of news made one that is read out. LANG is filled in.
document.documentElement.lang = 'LANG';
const news = setInterval(() => {
  const place = document.getElementById('voz-news');
  if (!place) return;
  place.setAttribute('role', 'status');
  clearInterval(news);
}, 300);

// On a phone, what was chosen from a list stands below it.
document.addEventListener('change', (event) => {
  if (window.innerWidth > 700 || !event.target.closest('.voz-cards')) return;
  const detail = [...document.querySelectorAll('.voz-detail')].find((one) => one.offsetParent);
  setTimeout(() => detail?.scrollIntoView({ behavior: 'smooth', block: 'start' }), 500);
});
