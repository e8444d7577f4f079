// Find my community by the phone's position: asked for on a click alone, sent in the body of one request, kept nowhere.

const form = document.querySelector("[data-here]");
if (form && navigator.geolocation && window.isSecureContext) {
  const said = form.querySelector("[data-here-said]");
  const why = { 1: said.dataset.denied, 2: said.dataset.unknown, 3: said.dataset.late };
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    said.textContent = said.dataset.waiting;
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      form.longitude.value = coords.longitude.toFixed(5); // a metre
      form.latitude.value = coords.latitude.toFixed(5);
      form.accuracy.value = Math.round(coords.accuracy || 0);
      said.textContent = "";
      form.submit();
    }, (error) => { said.textContent = why[error.code] || said.dataset.unknown; }, { timeout: 15000, maximumAge: 60000 });
  });
}
