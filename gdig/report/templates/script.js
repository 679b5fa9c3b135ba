const config = {
  background: null,
  font: getComputedStyle(document.body).fontFamily,
  view: {stroke: null},
  axis: {
    labelColor: 'currentColor', titleColor: 'currentColor', domainColor: 'currentColor', tickColor: 'currentColor',
    gridColor: 'currentColor', gridOpacity: 0.13, domainOpacity: 0.4, tickOpacity: 0.4, labelOpacity: 0.85,
    titleOpacity: 0.85, labelFontSize: 11.5, titleFontSize: 12, titleFontWeight: 'normal',
  },
  legend: {labelColor: 'currentColor', titleColor: 'currentColor', labelFontSize: 12, labelLimit: 220},
  rule: {color: 'currentColor'},
  text: {color: 'currentColor'},
};
const options = {renderer: 'svg', actions: false, mode: 'vega-lite', config};

async function draw(place) {
  const spec = JSON.parse(place.nextElementSibling.textContent);
  await vegaEmbed(place, {width: 'container', ...spec}, options);
  place.classList.add('drawn');
}

async function drawAll() {
  const start = performance.now();
  for (const place of document.querySelectorAll('.chart')) {
    await draw(place);
    // Let the browser show what there is, and answer to the reader.
    await new Promise((resolve) => setTimeout(resolve));
  }
  document.documentElement.dataset.drawn = Math.round(performance.now() - start);
}

const folded = () => document.querySelectorAll('details:not([open])');
let unfolded = [];
addEventListener('beforeprint', () => { unfolded = [...folded()]; unfolded.forEach((one) => { one.open = true; }); });
addEventListener('afterprint', () => unfolded.forEach((one) => { one.open = false; }));
// A link to something folded unfolds it.
addEventListener('hashchange', () => document.querySelector(':target')?.closest('details')?.setAttribute('open', ''));
drawAll();
