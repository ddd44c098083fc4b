// A style sheet is imported as its text: .tasks/build.mjs minifies it into the module.
declare module '*.css' {
  const text: string;
  export default text;
}
