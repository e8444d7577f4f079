// A photo from the camera is five megabytes; what has to be seen on it fits in three hundred kilobytes.
const LONGEST = 1600;
const LEAVE = 400 * 1024;

function load(file) {
  return new Promise((done, failed) => {
    const image = new Image();
    const address = URL.createObjectURL(file);
    image.onload = () => { URL.revokeObjectURL(address); done(image); };
    image.onerror = () => { URL.revokeObjectURL(address); failed(new Error("unreadable")); };
    image.src = address;
  });
}

/** A smaller JPEG of a picture; small ones stay as they are. Throws where the browser cannot read it. */
export async function shrunk(file) {
  const image = await load(file);
  const scale = Math.min(1, LONGEST / Math.max(image.naturalWidth, image.naturalHeight));
  if (scale === 1 && file.size <= LEAVE) return file;
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(image.naturalWidth * scale);
  canvas.height = Math.round(image.naturalHeight * scale);
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.8));
  return made && made.size < file.size ? made : file;
}
