// A style sheet is imported as its text. tools/build.mjs minifies it into the module.
declare module '*.css' {
  const text: string;
  export default text;
}
