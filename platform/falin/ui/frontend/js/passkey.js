// Passkeys: what the server asks goes to the browser, what the browser signs goes back in the form. No dependency.

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const withId = (one) => ({ ...one, id: bytes(one.id) });

function asked(options, making) {
  const key = { ...options.publicKey, challenge: bytes(options.publicKey.challenge) };
  if (key.user) key.user = withId(key.user);
  if (key.excludeCredentials) key.excludeCredentials = key.excludeCredentials.map(withId);
  if (key.allowCredentials) key.allowCredentials = key.allowCredentials.map(withId);
  if (making) {  // one that signs in by itself: kept on the device, opened by finger, face or PIN
    key.authenticatorSelection = {
      ...key.authenticatorSelection, residentKey: "required", requireResidentKey: true, userVerification: "required",
    };
  }
  return { publicKey: key };
}

function answer(made) {
  const response = { clientDataJSON: text(made.response.clientDataJSON) };
  for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (made.response[part]) response[part] = text(made.response[part]);
  }
  if (made.response.getTransports) response.transports = made.response.getTransports();
  return {
    type: made.type, id: made.id, rawId: text(made.rawId), response,
    clientExtensionResults: made.getClientExtensionResults(),
  };
}

async function options(form) {
  const here = document.getElementById(form.dataset.options);
  if (here) return JSON.parse(here.textContent);
  const got = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!got.ok) throw new Error(got.status);
  return (await got.json()).request_options;
}

document.querySelectorAll("form[data-passkey]").forEach((form) => {
  const making = form.dataset.passkey === "make";
  const button = form.querySelector("[data-passkey-go]");
  const failed = form.querySelector("[data-passkey-failed]");
  const able = Boolean(window.PublicKeyCredential && navigator.credentials);
  button.hidden = !able;
  form.querySelectorAll("[data-passkey-none]").forEach((note) => { note.hidden = able; });
  button.addEventListener("click", async () => {
    failed.hidden = true;
    try {
      const given = await options(form);
      const request = asked(making ? given.creation_options : given.request_options || given, making);
      const made = await (making ? navigator.credentials.create(request) : navigator.credentials.get(request));
      form.querySelector("[name=credential]").value = JSON.stringify(answer(made));
      form.submit();
    } catch (refused) {
      failed.hidden = false;
      failed.focus();
    }
  });
});
