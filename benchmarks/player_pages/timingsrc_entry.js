export { TimingObject } from "timing-object";
export { setTimingsrc } from "timingsrc";
