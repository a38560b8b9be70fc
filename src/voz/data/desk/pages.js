// The language of the page, and its line of news made one that is read out. LANG is filled in.
document.documentElement.lang = 'LANG';
const news = setInterval(() => {
  const place = document.getElementById('voz-news');
  if (!place) return;
  place.setAttribute('role', 'status');
  clearInterval(news);
}, 300);
