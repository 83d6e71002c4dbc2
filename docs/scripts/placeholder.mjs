export const placeholder = '/relocatable-site/'
